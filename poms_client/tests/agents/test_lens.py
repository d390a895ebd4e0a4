"""What LENS says becomes reports; what it doesn't say becomes nothing."""

import pytest

from poms_client.agents.lens import LensSource, query
from poms_client.agents.source import CantSee
from poms_client.errors import NotConfigured
from poms_client.testing.faults import Fault
from poms_client.testing.lens.landscape import Seen
from poms_client.testing.lens.server import LensServer

OPEN = "/agents/awaited/"


@pytest.fixture
def lens():
    with LensServer() as server:
        yield server


@pytest.fixture
def source(lens, api, poms):
    poms.rows[OPEN] = {"submissions": []}
    return LensSource(lens.url, api)


@pytest.fixture
def awaited(poms):
    """Have POMS say which submissions are open: number, and job id where it knows one."""

    def _awaited(*numbers, **job_ids):
        rows = [{"submission_id": number, "jobsub_job_id": ""} for number in numbers]
        rows += [{"submission_id": int(k[1:]), "jobsub_job_id": v} for k, v in job_ids.items()]
        poms.rows[OPEN] = {"submissions": rows}

    return _awaited


def only(look):
    (report,) = look.reports
    return report


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ({"done": True, "completed": 2, "failed": 1}, "Completed"),
        ({"done": True, "completed": 1, "failed": 1}, "Failed"),
        ({"done": True, "failed": 1}, "Failed"),
        ({"done": True, "cancelled": 1}, "Cancelled"),
        ({"done": True, "cancelled": 2}, "Cancelled"),
        ({"done": True, "cancelled": 2, "completed": 1}, "Completed"),
        ({"done": True}, "Completed"),
        ({"held": 1, "running": 4}, "Held"),
        ({"idle": 2}, "Idle"),
        ({"idle": 2, "running": 1}, "Running"),
        ({"completed": 5}, ""),
        ({"failed": 5}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_the_counts_say_the_status_and_only_done_says_an_end(source, lens, awaited, seen, status):
    lens.landscape.put(Seen("8.0@jobsub01", 1234, **seen))
    awaited(1234)

    assert only(source.look())["status"] == status


def test_a_report_has_the_counts_the_percentage_and_the_lead_job(source, lens, awaited):
    lens.landscape.put(Seen("8.000000.0.000000@jobsub01", 7, running=1, idle=2, completed=7))
    awaited(7)

    report = only(source.look())

    assert report["jobsub_job_id"] == "8@jobsub01"
    assert report["pct_complete"] == 70.0
    assert report["jobs"] == {
        "submitted": 10,
        "idle": 2,
        "running": 1,
        "held": 0,
        "completed": 7,
        "failed": 0,
        "cancelled": 0,
    }


def test_the_percentage_is_of_the_most_jobs_ever_seen(source, lens, awaited):
    lens.landscape.put(Seen("8.0@j", 7, running=10))
    awaited(7)
    source.look()
    lens.landscape.put(Seen("8.0@j", 7, running=3, completed=2))

    assert only(source.look())["pct_complete"] == 20.0


@pytest.mark.parametrize(
    ("said", "project"),
    [
        ({"args": "-x --sam_project p1 --y"}, "p1"),
        ({"args": "--project_name p2 "}, "p2"),
        ({"args": "--project-name=p3"}, "p3"),
        ({"environment": {"SAM_PROJECT_NAME": "p4", "SAM_PROJECT": "p5"}}, "p4"),
        ({"environment": {"SAM_PROJECT": "p5"}}, "p5"),
        ({"args": "--sam_project p1", "environment": {"SAM_PROJECT": "p5"}}, "p1"),
        ({}, None),
    ],
    ids=str,
)
def test_the_project_is_in_the_arguments_or_the_environment(source, lens, awaited, said, project):
    lens.landscape.put(Seen("8.0@j", 7, running=1, **said))
    awaited(7)

    assert only(source.look()).get("project") == project


def test_five_thousand_go_through_in_one_request_each_way(source, lens, awaited, agent, poms):
    lens.landscape.put(*(Seen(f"{n}.0@j", n, done=True, completed=1) for n in range(1, 5001)))
    awaited(*range(1, 5001))

    assert agent(source).once()

    assert (lens.faults.asked("/lens/query"), poms.requests["POST /reports/"]) == (1, 1)
    assert len(poms.reports) == 5000


def test_what_lens_does_not_know_is_not_reported(source, lens, awaited):
    lens.landscape.put(Seen("9.0@j", 1235, done=True, completed=9, failed=1))
    awaited(1234, 1235)

    look = source.look()

    assert [report["submission_id"] for report in look.reports] == [1235]
    assert look.problems == []


def test_what_is_not_found_by_its_number_is_asked_for_by_its_job(source, lens, awaited):
    lens.landscape.put(Seen("9.0@j", None, running=1))
    awaited(s1234="9@j")
    assert source.look().reports == []

    assert only(source.look())["submission_id"] == 1234


@pytest.mark.parametrize(
    "nothing",
    [
        {"done": None},
        {"completed": None},
        {"running": None},
        {"failed": -1},
        {"failed": True},
        {"done": 1},
        {"completed": "5"},
    ],
    ids=str,
)
def test_an_answer_with_holes_says_nothing(source, lens, awaited, nothing):
    lens.landscape.put(Seen("9.0@j", 7, **{"done": True, "completed": 5, **nothing}))
    awaited(7)

    assert source.look().reports == []


@pytest.mark.parametrize(
    "kind", ["500", "404", "timeout", "truncated", "lost", "wrong_type", "nonsense", "refused"]
)
def test_lens_in_trouble_completes_nothing_and_is_asked_again(
    source, lens, awaited, agent, poms, kind, monkeypatch
):
    monkeypatch.setattr("poms_client.agents.lens.PATIENCE", 0.5)
    lens.landscape.put(Seen("9.0@j", 7, done=True, completed=5))
    awaited(7)
    watching = agent(source)
    lens.faults.add(Fault("/lens/query", kind, times=1, seconds=1.0))

    assert not watching.once()
    assert poms.reports == []

    assert watching.once()
    assert poms.statuses(7) == ["Completed"]


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"data": null, "errors": [{"message": "elasticsearch is away"}]}',
        b'{"errors": [{"message": "no"}]}',
        b'{"data": []}',
    ],
)
def test_an_answer_without_data_is_none(lens, source, awaited, answer, monkeypatch):
    awaited(7)
    monkeypatch.setattr("poms_client.testing.lens.server._answer", _saying(answer))

    with pytest.raises(CantSee, match="without data"):
        source.look()


def _saying(body):
    def answer(start, status, content):
        start("200 OK", [("Content-Type", "application/json")])
        return [body]

    return answer


def test_an_error_beside_the_data_is_told_and_the_rest_is_reported(
    lens, source, awaited, monkeypatch
):
    body = (
        b'{"data": {"s1": null, "s2": {"id": "9@j", "pomsTaskID": 2, "done": true, "running": 0,'
        b' "idle": 0, "held": 0, "failed": 0, "completed": 1, "cancelled": 0, "args": null}},'
        b' "errors": [{"message": "timed out", "path": ["s1"]}]}'
    )
    awaited(1, 2)
    monkeypatch.setattr("poms_client.testing.lens.server._answer", _saying(body))

    look = source.look()

    assert [report["submission_id"] for report in look.reports] == [2]
    assert "timed out" in look.problems[0]


def test_an_answer_about_another_submission_is_none(lens, source, awaited, monkeypatch):
    body = (
        b'{"data": {"s1": {"id": "9@j", "pomsTaskID": 2, "done": true, "running": 0, "idle": 0,'
        b' "held": 0, "failed": 0, "completed": 1, "cancelled": 0}}}'
    )
    awaited(1)
    monkeypatch.setattr("poms_client.testing.lens.server._answer", _saying(body))

    assert source.look().reports == []


def test_while_poms_is_away_lens_is_not_asked(source, lens, poms):
    poms.stop()

    with pytest.raises(CantSee, match="which submissions are open"):
        source.look()
    assert lens.faults.asked("/lens/query") == 0
    poms.start()


def test_nothing_open_is_nothing_to_ask(source, lens):
    assert source.look().reports == []
    assert lens.faults.asked("/lens/query") == 0


def test_job_ids_are_quoted():
    assert 'submission(id:"9\\"}{x@j")' in query({7: '9"}{x@j'}, {7})


def test_lens_has_a_web_address(api):
    with pytest.raises(NotConfigured, match="web address"):
        LensSource("file:///etc", api)


def test_an_agent_started_again_knows_the_most_jobs(source, lens, awaited, agent, api, poms):
    lens.landscape.put(Seen("8.0@j", 7, running=10))
    awaited(7)
    agent(source).once()
    lens.landscape.put(Seen("8.0@j", 7, running=3, completed=2))

    agent(LensSource(lens.url, api)).once()

    assert poms.last_report(7)["pct_complete"] == 20.0

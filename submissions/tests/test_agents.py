"""Agents say that they are there; who looks sees when each was heard last."""

import copy
import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.agents import write_new_token
from campaigns.tests import builders
from poms_client.agents.lens import LensSource
from poms_client.agents.memory import Memory
from poms_client.agents.poller import Poller
from poms_client.api import Api
from poms_client.config import token_in
from poms_client.testing.lens.landscape import Seen
from poms_client.testing.lens.server import LensServer
from submissions.models import Agent, Submission

URL = "/api/v1/agents/"
BEAT = {
    "source": "condor@pool",
    "agent": "condor",
    "ok": False,
    "every": 60.0,
    "submissions": 12,
    "unsent": 3,
    "problems": ["schedd one: it gave no answer"],
    "pid": 4711,
}


@pytest.fixture
def agent(db):
    client = APIClient()
    client.force_authenticate(builders.person("condor-agent", is_agent=True))
    return client


@pytest.fixture
def member(site, client):
    client.force_login(site.person)
    return client


def test_an_agent_is_known_by_its_source_and_by_its_last_word(agent):
    agent.post(URL, BEAT)
    answer = agent.post(URL, {**BEAT, "ok": True, "problems": [], "unsent": 0})

    assert answer.status_code == 200
    (row,) = agent.get(URL).json()["results"]
    assert (row["source"], row["kind"], row["ok"]) == ("condor@pool", "condor", True)
    assert (row["submissions"], row["unsent"], row["problems"]) == (12, 0, [])


def test_an_agent_that_says_nothing_for_long_is_silent(agent):
    agent.post(URL, BEAT)
    assert not Agent.objects.get().is_silent

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert Agent.objects.get().is_silent


def test_an_agent_that_looked_once_is_not_waited_for(agent):
    agent.post(URL, {**BEAT, "every": 0.0})

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert not Agent.objects.get().is_silent


def test_an_agent_that_is_gone_for_good_is_forgotten(agent):
    agent.post(URL, BEAT)

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        agent.post(URL, {**BEAT, "source": "condor@new"})

    assert [each.source for each in Agent.objects.all()] == ["condor@new"]


def test_what_is_awaited_is_one_question_to_the_database(
    site, agent, django_assert_max_num_queries
):
    stage = site.stage()
    for _ in range(5):
        site.submission(stage)

    with django_assert_max_num_queries(1):
        rows = agent.get("/api/v1/agents/awaited/").json()["submissions"]

    assert len(rows) == 5


def test_an_agent_that_looks_seldom_may_be_quiet_for_longer(agent):
    agent.post(URL, {**BEAT, "every": 600})

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert not Agent.objects.get().is_silent


@pytest.mark.parametrize(
    "said",
    [
        {"source": ""},
        {"every": -1},
        {"every": "nan"},
        {"every": "inf"},
        {"unsent": 2**31},
        {"problems": ["\0"]},
        {"problems": "many"},
        {"ok": None},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(said, agent):
    assert agent.post(URL, {**BEAT, **said}, format="json").status_code == 400
    assert not Agent.objects.exists()


def test_long_stories_are_cut(agent):
    agent.post(URL, {**BEAT, "problems": ["x" * 5000] * 50}, format="json")

    problems = Agent.objects.get().problems
    assert (len(problems), len(problems[0])) == (20, 1000)


def test_people_see_agents_but_are_none(agent, member):
    agent.post(URL, BEAT)

    assert member.post(URL, BEAT, content_type="application/json").status_code == 403
    page = member.get("/agents/").content.decode()
    assert "condor@pool" in page
    assert "schedd one" in page
    assert "not well" in page


def test_the_page_asks_once_for_however_many(agent, member, django_assert_max_num_queries):
    for number in range(20):
        agent.post(URL, {**BEAT, "source": f"condor@{number}"})

    with django_assert_max_num_queries(6):
        member.get("/agents/")


def test_health_says_when_agents_were_heard_and_how_long_a_completed_one_waits(agent, site, client):
    agent.post(URL, BEAT)
    submission = site.submission(status="Completed")
    Submission.objects.filter(pk=submission.pk).update(
        due_at=timezone.now() - timedelta(seconds=90)
    )

    said = client.get("/healthz").json()

    assert said["ok"]
    assert said["last_agent_heard"] < 10
    assert 89 < said["oldest_completed_due"] < 100
    assert [(each["source"], each["silent"]) for each in said["agents"]] == [("condor@pool", False)]


def test_health_of_an_empty_poms_has_no_ages(client, db):
    said = client.get("/healthz").json()

    assert (said["last_agent_heard"], said["oldest_completed_due"], said["agents"]) == (
        None,
        None,
        [],
    )


def test_agents_ask_for_the_submissions_that_a_batch_system_may_have_news_of(site, agent, say):
    stage = site.stage()
    waiting = site.submission(stage)
    running = site.submission(stage, "Running")
    finished_early = site.submission(stage, "Completed", jobsub_job_id="7@local")
    failed_now = site.submission(stage, "LaunchFailed")
    long_ago = site.submission(stage, "LaunchFailed")
    Submission.objects.filter(pk=long_ago.pk).update(
        status_since=timezone.now() - timedelta(days=8)
    )
    over = site.submission(stage, "Running", jobsub_job_id="8@local")
    say(over, "Completed")
    site.submission(stage, "Skipped")

    rows = agent.get("/api/v1/agents/awaited/").json()["submissions"]

    wanted = {waiting.pk, running.pk, finished_early.pk, failed_now.pk}
    assert {row["submission_id"] for row in rows} == wanted


@pytest.mark.django_db(transaction=True)
def test_what_lens_knows_arrives_here_by_the_agent(site, live_server, tmp_path):
    """The agent asks this very POMS what is open, asks LENS about it, and reports."""
    stage = site.stage()
    ended, running, unknown = (site.submission(stage) for _ in range(3))
    write_new_token(builders.person("lens-agent", is_agent=True), tmp_path / "token")
    with LensServer() as lens:
        lens.landscape.put(
            Seen("8.0@jobsub01", ended.pk, done=True, completed=3, args="--sam_project p1 "),
            Seen("9.0@jobsub01", running.pk, running=1, idle=1, completed=2),
        )
        api = Api(live_server.url, token_in(str(tmp_path / "token")), patience=0.0)
        watching = Poller(LensSource(lens.url, api), api)

        assert watching.once()

    for submission in (ended, running, unknown):
        submission.refresh_from_db()
    assert [s.status for s in (ended, running, unknown)] == ["Completed", "Running", "New"]
    assert (ended.project, ended.jobsub_job_id) == ("p1", "8@jobsub01")
    assert (running.pct_complete, running.jobs["completed"]) == (50.0, 2)
    assert Agent.objects.get().ok
    assert running.history.latest("pk").source == "lens@127.0.0.1"


class Clock:
    """The clock of an agent's machine, which is wrong by so many seconds."""

    def __init__(self):
        self.wrong_by = 0.0

    def time(self):
        return time.time() + self.wrong_by


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong_by", [(3600, 0), (0, -3600), (3600, -3600), (-3600, 3600)])
def test_reports_arrive_whatever_the_clock_of_an_agent_does(
    site, live_server, tmp_path, monkeypatch, wrong_by
):
    submission = site.submission()
    write_new_token(builders.person("lens-agent", is_agent=True), tmp_path / "token")
    api = Api(live_server.url, token_in(str(tmp_path / "token")), patience=0.0)
    clock = Clock()
    monkeypatch.setattr("poms_client.agents.memory.time", clock)
    statuses = []
    with LensServer() as lens:
        for clock.wrong_by, more in zip(wrong_by, ({"running": 1}, {"done": True}), strict=True):
            lens.landscape.put(Seen("8.0@jobsub01", submission.pk, **more))
            source = LensSource(lens.url, api)
            memory = Memory(tmp_path / "state.json", api.url, source.name)
            memory.open()
            assert Poller(source, api, memory).once()
            memory.close()
            submission.refresh_from_db()
            statuses.append(submission.status)

    assert statuses == ["Running", "Completed"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_five_thousand_submissions_are_one_question_and_one_report(site, live_server, tmp_path):
    first = site.submission()
    copies = [copy.copy(first) for _ in range(4999)]
    for each in copies:
        each.pk = None
    Submission.objects.bulk_create(copies)
    numbers = list(Submission.objects.values_list("pk", flat=True))
    write_new_token(builders.person("lens-agent", is_agent=True), tmp_path / "token")
    api = Api(live_server.url, token_in(str(tmp_path / "token")), patience=0.0, timeout=60.0)
    with LensServer() as lens:
        lens.landscape.put(*(Seen(f"{n}.0@j", n, done=True, completed=3) for n in numbers))
        watching = Poller(LensSource(lens.url, api), api)

        assert watching.once()

        assert lens.faults.asked("/lens/query") == 1
    assert Submission.objects.filter(status="Completed").count() == 5000
    assert watching.health.content()["outcomes"] == {"moved": 5000}

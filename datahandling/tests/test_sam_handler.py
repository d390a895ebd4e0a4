"""What is SAM's own about its data handler: requests, errors, summaries, lost answers."""

import pytest

from datahandling.base import NoSuchName, QueryError, Unknown
from datahandling.handlers import handler_for
from datahandling.handlers.sam.projects import summed_up
from datahandling.query import (
    Consumed,
    Dataset,
    Everything,
    Handles,
    Metadata,
    Named,
    NameLike,
    ProjectFiles,
    Snapshot,
)
from datahandling.services import Service
from datahandling.tests.services.sam import SamSide
from poms_client.testing.faults import Fault
from poms_client.testing.sam import SamServer, definitions, projects

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with SamServer(query_limit=30) as server:
        yield server


@pytest.fixture
def handler(server):
    return handler_for("sam", "demo", Service("sam", "demo", server.api("demo")))


@pytest.fixture
def side(server):
    side = SamSide(server.store("demo"))
    side.declare("f1", "f2", "f3", "f4")
    return side


@pytest.fixture
def project(side):
    projects.start(side.store, "p", defname="raw")
    projects.put_status(side.store, "p", "consumed", "f1")
    projects.put_status(side.store, "p", "skipped", "f2")
    projects.put_status(side.store, "p", "delivered", "f3")
    return "p"


def test_short_dimensions_are_in_the_address_and_long_ones_are_sent(handler, server, side):
    assert handler.count(Dataset("raw")) == 4
    assert handler.count(Named(tuple(f"f{number}" for number in range(1000)))) == 4

    assert [request.method for request in server.faults.log] == ["GET", "POST"]


def test_a_query_too_large_for_sam_has_no_answer(handler, side):
    many = Everything()
    for number in range(40):
        many = many - Metadata("my.k", number)

    with pytest.raises(Unknown, match="too large"):
        handler.count(many)


def test_what_sam_does_not_know_as_a_dimension_is_an_error(handler, side):
    with pytest.raises(QueryError, match="colour"):
        handler.count(Metadata("colour", "red"))


@pytest.mark.parametrize("url", ["/sam/demo/apis", "/nowhere"])
def test_another_address_than_sams_gives_no_answer_at_all(server, side, url):
    """A missing page isn't a missing definition."""
    handler = handler_for("sam", "demo", Service("sam", "demo", f"{server.url}{url}"))

    for ask in (
        lambda: handler.exists("raw"),
        lambda: handler.count(Dataset("raw")),
        lambda: handler.project("p"),
        lambda: handler.metadata("f1"),
        lambda: handler.define("d", Dataset("raw")),
    ):
        with pytest.raises(Unknown):
            ask()


@pytest.mark.parametrize("kind", ["404", "409", "400"])
def test_a_refusal_in_other_words_than_sams_is_no_answer(handler, server, side, kind):
    server.faults.add(Fault(kind=kind))

    for ask in (
        lambda: handler.exists("raw"),
        lambda: handler.count(Dataset("raw")),
        lambda: handler.project("p"),
        lambda: handler.define("d", Dataset("raw")),
    ):
        with pytest.raises(Unknown):
            ask()


@pytest.mark.parametrize("kind", ["nonsense", "wrong_type", "truncated"])
def test_an_answer_is_read_closely(handler, server, side, project, kind):
    server.faults.add(Fault(kind=kind))

    for ask in (
        lambda: handler.exists("raw"),
        lambda: handler.count(Dataset("raw")),
        lambda: handler.files(Dataset("raw")),
        lambda: handler.metadata("f1"),
        lambda: handler.project("p"),
        lambda: handler.count(Consumed("p")),
        lambda: handler.ended_well("p"),
        lambda: handler.take_snapshot(Dataset("raw")),
        lambda: handler.freeze("d", Dataset("raw")),
    ):
        with pytest.raises(Unknown):
            ask()


@pytest.mark.parametrize("kind", ["wrong_type", "truncated", "lost", "500", "refused"])
def test_a_definition_whose_making_was_not_confirmed_is_not_there_for_sure(
    handler, server, side, kind
):
    server.faults.add(Fault(path="create", kind=kind))

    with pytest.raises(Unknown):
        handler.define("d", Dataset("raw"))
    server.faults.clear()

    handler.define("d", Dataset("raw"))
    assert handler.count(Dataset("d")) == 4


# Lost answers and races


@pytest.mark.parametrize("path", ["definitions/create", "snapshot$"])
def test_a_lost_answer_makes_nothing_twice(handler, server, side, path):
    server.faults.add(Fault(path=path, kind="lost", times=1))

    assert handler.freeze("d", Dataset("raw")) == 4
    handler.define("e", Dataset("raw"))
    handler.define("e", Dataset("raw"))

    names = definitions.names(side.store)
    assert sorted(names) == sorted({"raw", "d", "e", *names})


def test_two_who_freeze_at_the_same_time_get_one_list(handler, server, side):
    """The second one finds no definition, and then that it is there."""
    handler.freeze("d", NameLike("f%"))
    side.declare("f5")

    handler._freeze("d", NameLike("f%"))

    assert handler.count(Dataset("d")) == 4


def test_a_list_that_a_project_has_used_is_not_frozen_anew(handler, side):
    handler.freeze("d", NameLike("f%"))
    projects.start(side.store, "q", defname="d")
    side.declare("f5")

    assert handler.freeze("d", NameLike("f%"), anew=True) == 4


def test_a_snapshot_of_the_same_question_makes_no_further_definition(handler, side):
    first = handler.take_snapshot(NameLike("f%"))
    side.declare("f5")
    second = handler.take_snapshot(NameLike("f%"))

    assert (handler.count(Snapshot(first)), handler.count(Snapshot(second))) == (4, 5)
    assert len(definitions.names(side.store)) == 2


# Projects


def test_the_details_of_a_project_are_sams_own_counts(handler, project):
    summary = handler.project("p")

    assert (summary.files, summary.initial) == (4, 1)
    assert (summary.done, summary.failed, summary.reserved) == (1, 1, 1)
    assert summary.details["skipped"] == summary.details["delivered"] == 1
    assert summary.details["unknown"] == summary.details["completed"] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"file_counts": {"consumed": 1, "completed": 2, "failed": 1, "unknown": 1}},
        {
            "processes": [
                {"counts": {"consumed": 1, "failed": 0, "unknown": 1}},
                {"counts": {"completed": 2, "failed": 1, "unknown": 0}},
            ]
        },
    ],
)
def test_counts_are_read_of_the_project_or_of_its_processes(said):
    summary = summed_up({"project_name": "p", "files_in_snapshot": 10, **said})

    assert (summary.files, summary.done, summary.failed, summary.reserved) == (10, 3, 1, 1)
    assert summary.initial == 5


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"file_counts": None},
        {"file_counts": []},
        {"file_counts": {"consumed": "many"}},
        {"file_counts": {"consumed": -1}},
        {"file_counts": {"consumed": True}},
        {"processes": {}},
        {"processes": [{"counts": None}]},
        {"processes": ["nonsense"]},
        {"file_counts": {}, "files_in_snapshot": None},
    ],
)
def test_a_summary_without_counts_is_no_answer(said):
    with pytest.raises(Unknown):
        summed_up({"project_name": "p", "files_in_snapshot": 1, **said})


def test_what_people_read_about_a_project(handler, project):
    facts = handler.project_facts("p")

    assert (facts["status"], facts["dataset"]) == ("running", "raw")
    assert handler.project_facts("missing") == {}


def test_whether_a_project_exists_is_asked_once(handler, server, side):
    projects.start(side.store, "asked_once", defname="raw")

    for _ in range(3):
        assert handler.count(Consumed("asked_once")) == 0
        assert handler.count(Handles("asked_once", ("initial",))) == 4

    assert server.faults.asked("projects/name/asked_once/summary") == 1


def test_a_project_of_another_site_is_not_mistaken_for_this_ones(handler, side):
    projects.start(side.store, "only_here", defname="raw")
    handler.count(Consumed("only_here"))

    with SamServer() as other:
        elsewhere = handler_for("sam", "demo", Service("sam", "demo", other.api("demo")))
        with pytest.raises(NoSuchName, match="no project only_here"):
            elsewhere.count(Consumed("only_here"))


def test_what_processes_did_well_is_all_but_what_sam_would_recover(handler, side):
    projects.start(side.store, "p", defname="raw")
    for end in ("completed", "bad"):
        process = projects.establish_process(side.store, "p")
        for _ in range(2):
            name = projects.next_file(side.store, "p", process).name
            projects.tell(side.store, "p", process, name, "consumed")
        projects.end_process(side.store, "p", process, end)

    assert handler.files(ProjectFiles("p") - handler.ended_well("p")) == ["f3", "f4"]
    assert handler.files(Consumed("p")) == ["f1", "f2", "f3", "f4"]


def test_where_sam_would_recover_nothing_all_is_done_well(handler, side, project):
    projects.put_status(side.store, "p", "consumed", "f2", "f3", "f4")
    process = projects.establish_process(side.store, "p")
    side.store.write("update consumption set process = ?", process)
    projects.end_process(side.store, "p", process)

    assert handler.count(handler.ended_well("p")) == 4


def test_a_recovery_that_cannot_be_read_is_no_answer(handler, server, project):
    server.faults.add(Fault(path="recovery_dimensions", kind="nonsense"))

    with pytest.raises(Unknown):
        handler.ended_well("p")


# Files


def test_the_page_of_a_file(handler, server):
    assert handler.file_page("a b") == f"{server.api('demo')}/files/name/a%20b/metadata"


def test_the_page_of_a_file_may_be_anywhere(server):
    service = Service("sam", "demo", server.api("demo"), file_page="https://x/?f=%(file)s&y=%20")

    assert handler_for("sam", "demo", service).file_page("a&b") == "https://x/?f=a%26b&y=%20"


def test_without_an_address_queries_are_checked_and_nothing_is_asked():
    handler = handler_for("sam", "demo")

    handler.check(Dataset("raw"))
    with pytest.raises(Unknown, match="isn't known"):
        handler.count(Dataset("raw"))


def test_the_text_of_a_query_is_what_people_paste(handler):
    assert handler.text(Dataset("raw")[:5]) == "defname: raw with limit 5"


def test_a_trial_says_whether_sam_answers(handler, server):
    (trial,) = handler.try_it()
    assert trial.reply is not None

    server.faults.add(Fault(kind="500"))
    (trial,) = handler.try_it()
    assert trial.reply is None
    assert trial.why_not

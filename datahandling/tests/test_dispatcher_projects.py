"""A submission's project on Data Dispatcher: made once, shared where told, counted by its own."""

from dataclasses import replace

import pytest

from datahandling.base import NoSuchName, QueryError, Unknown
from datahandling.dispatcher_models import DispatcherProject
from datahandling.errors import NoFreeFiles
from datahandling.handlers import handler_for
from datahandling.handles import NOT_LOCATED
from datahandling.query import Dataset, Named, Nothing, ProjectFiles
from poms_client.testing.engine import data_dispatcher
from poms_client.testing.faults import Fault

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

VIRTUAL = {"virtual": True}


def projects(dispatcher):
    with dispatcher.database.connection(dispatcher.schemas) as db:
        return list(data_dispatcher.db.DBProject.list(db))


def states_and_users(dispatcher):
    """The state and the users of each project, the oldest first."""
    with dispatcher.database.connection(dispatcher.schemas) as db:
        found = sorted(data_dispatcher.db.DBProject.list(db), key=lambda project: project.ID)
        return [(one.State, [user.Username for user in one.Users]) for one in found]


def test_the_figures_of_a_project_of_100(handler, service):
    """DOMAIN A.7."""
    service.declare(*[f"f{number:03}" for number in range(100)])
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    service.put("p", done=60, failed=10, reserved=5)

    found = handler.project("p")
    assert (found.done, found.failed, found.reserved, found.initial) == (60, 10, 5, 25)


def test_a_recovery_that_was_started_does_not_restart_again(handler, service, dispatcher):
    service.declare("a", "b")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    service.fail("p", "a")
    settings = {"methodology": "1P", "restarts": "p"}
    handler.start_project("r", Named(("a",)), settings)
    service.fail("p", "a")

    assert handler.start_project("r", Named(("a",)), settings).failed == 1


def test_a_recovery_of_files_that_its_original_lacks_has_a_project_of_its_own(
    handler, service, dispatcher
):
    service.declare("a", "b")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    service.consume("p", "a", "b")
    service.declare("late")

    found = handler.start_project("r", Named(("b", "late")), {"methodology": "1P", "restarts": "p"})

    assert (found.files, found.initial, found.details["files_in_project"]) == (2, 2, 2)
    assert handler.project("p").done == 2
    assert [project.Attributes.get("virtual") for project in projects(dispatcher)] == [True, True]


def test_a_recovery_of_an_original_without_files_has_a_project_of_its_own(handler, service):
    service.declare("late")
    handler.start_project("p", Nothing(), VIRTUAL)

    settings = {**VIRTUAL, "methodology": "1P", "restarts": "p"}
    assert handler.start_project("r", Named(("late",)), settings).initial == 1


def test_a_project_is_found_again_after_a_crash(handler, service, dispatcher):
    service.declare("a", "b")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    number = handler.project("p").details["project_id"]
    DispatcherProject.objects.update(project_id=None, made_at=None)  # as before its last step
    service.declare("late")

    found = handler.start_project("p", Dataset("raw"), VIRTUAL)

    assert (found.details["project_id"], found.files) == (number, 2)
    assert len(projects(dispatcher)) == 1


def test_an_answer_that_is_lost_leaves_no_second_project(handler, service, dispatcher):
    service.declare("a", "b")
    dispatcher.faults.add(Fault("/create_project", "truncated", times=1))

    with pytest.raises(Unknown):
        handler.start_project("p", Dataset("raw"), VIRTUAL)
    assert handler.project("p") is None
    found = handler.start_project("p", Dataset("raw"), VIRTUAL)

    assert found.files == 2
    assert len(projects(dispatcher)) == 1


def test_a_project_that_broke_while_it_was_filled_is_cancelled(handler, service, dispatcher):
    service.declare("a", "b")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    row = DispatcherProject.objects.get()
    with dispatcher.database.connection(dispatcher.schemas) as db:
        db.cursor().execute("delete from file_handles where name = 'b'")
    DispatcherProject.objects.update(project_id=None, made_at=None)

    found = handler.start_project("p", Dataset("raw"), VIRTUAL)

    assert found.details["project_id"] != row.project_id
    assert {one.ID: one.State for one in projects(dispatcher)}[row.project_id] == "cancelled"


def test_no_project_is_made_over_no_file(handler, service, dispatcher):
    service.declare("a")

    assert handler.start_project("p", Dataset("raw") - Named(("a",)), VIRTUAL).files == 0
    assert projects(dispatcher) == []
    assert handler.files(ProjectFiles("p")) == []


def test_what_a_project_is_made_with(handler, service, dispatcher):
    service.declare("a", "b", "c")
    settings = {"title": "reco | standard", "worker_timeout": 60, "load_limit": 2}

    handler.start_project("p", Dataset("raw"), {**settings, "idle_timeout": None})

    (made,) = projects(dispatcher)
    row = DispatcherProject.objects.get()
    assert made.Attributes == {
        "poms_project": "p",
        "poms_key": str(row.key),
        "poms_title": "reco | standard",
        "load_limit": 2,
    }
    assert (made.WorkerTimeout.total_seconds(), made.IdleTimeout) == (60, None)
    assert made.Query == "files from demo:raw"
    assert handler.files(ProjectFiles("p")) == ["a", "b"]


def test_a_user_who_is_unknown_is_left_out(handler, service, dispatcher):
    service.declare("a")

    handler.start_project("p", Dataset("raw"), {**VIRTUAL, "users": ["nobody"]})

    assert states_and_users(dispatcher) == [("cancelled", []), ("active", [])]


def test_a_mishap_makes_nobody_unknown(handler, service, dispatcher):
    """Data Dispatcher breaks over an unknown user in the same words as over anything else."""
    service.declare("a")
    dispatcher.faults.add(Fault("/create_project", "500", times=1))
    settings = {**VIRTUAL, "users": ["prod"]}

    handler.start_project("p", Dataset("raw"), settings)
    handler.start_project("q", Dataset("raw"), settings)

    assert states_and_users(dispatcher) == [("active", []), ("active", ["prod"])]


def test_a_stage_may_name_a_project(handler, service, dispatcher):
    service.declare("a", "b", "c")
    handler.start_project("someones", Dataset("raw"), VIRTUAL)
    number = handler.project("someones").details["project_id"]

    whole = handler.start_project("all", Nothing(), {"project_id": number})
    part = handler.start_project("part", Named(("b", "elsewhere")), {"project_id": number})
    limited = handler.start_project("two", Nothing(), {"project_id": number, "load_limit": 2})

    assert (whole.files, part.files, limited.files) == (3, 1, 2)
    assert len(projects(dispatcher)) == 1


@pytest.fixture
def limited(handler, service):
    """Settings of a stage that names a project of four files, of which each takes two."""
    service.declare("a", "b", "c", "d")
    handler.start_project("someones", Dataset("raw"), VIRTUAL)
    return {"project_id": handler.project("someones").details["project_id"], "load_limit": 2}


def test_no_two_submissions_with_a_load_limit_own_the_same_file(handler, limited):
    for name, files in {"first": ["a", "b"], "second": ["c", "d"]}.items():
        handler.start_project(name, Nothing(), limited)
        assert handler.files(ProjectFiles(name)) == files


def test_a_submission_for_which_no_file_is_free_is_refused_and_told_why(handler, service, limited):
    handler.start_project("first", Nothing(), limited)
    service.put("someones", done=2)
    handler.start_project("second", Nothing(), limited)

    with pytest.raises(NoFreeFiles, match=r"of its 4 files 2 were given to jobs .* and 2 belong"):
        handler.start_project("third", Nothing(), limited)
    assert handler.project("third") is None

    over = {**limited, "settled": lambda names: names}
    assert handler.start_project("third", Nothing(), over).files == 2


def test_a_recovery_takes_no_file_that_another_submission_owns(handler, service, limited):
    handler.start_project("first", Nothing(), limited)
    handler.start_project("second", Nothing(), limited)
    service.put("someones", failed=4)
    recovers = {**limited, "load_limit": None, "restarts": "first"}

    assert handler.files(handler.owned_by_others(["first"])) == ["c", "d"]
    assert handler.files(handler.owned_by_others(["first", "second"])) == []
    assert handler.start_project("again", Named(("b", "c")), recovers).files == 1
    assert handler.files(ProjectFiles("again")) == ["b"]
    assert handler.project("second").failed == 2
    with pytest.raises(NoFreeFiles):
        handler.start_project("theirs", Named(("c",)), recovers)


def test_files_that_a_named_project_does_not_have_are_refused(handler, service, limited):
    service.declare("elsewhere", dataset="other")

    with pytest.raises(NoFreeFiles, match="none of the 1 files of p is among the 4 of project"):
        handler.start_project("p", Dataset("other"), {"project_id": limited["project_id"]})


@pytest.fixture
def neighbour(site):
    """Another experiment that has the same servers."""
    same_servers = replace(site.service("demo"), experiment="other")
    return handler_for("data_dispatcher", "other", same_servers)


@pytest.fixture
def outsiders(service, dispatcher):
    """A project of four files that somebody made without POMS: its number."""
    service.declare("a", "b", "c", "d")
    with dispatcher.database.connection(dispatcher.schemas) as db:
        made = data_dispatcher.db.DBProject.create(db, "prod", attributes=VIRTUAL)
        made.add_files([{"namespace": "demo", "name": name} for name in "abcd"])
        return made.ID


def test_experiments_that_share_a_project_own_no_file_together(handler, neighbour, outsiders):
    limited = {"project_id": outsiders, "load_limit": 2}
    handler.start_project("first", Nothing(), limited)
    neighbour.start_project("second", Nothing(), limited)

    assert handler.files(ProjectFiles("first")) == ["a", "b"]
    assert neighbour.files(ProjectFiles("second")) == ["c", "d"]
    assert handler.sharing("first") == {"demo": ["first"], "other": ["second"]}


def test_projects_of_the_same_number_on_two_servers_are_two(handler, site, outsiders):
    limited = {"project_id": outsiders, "load_limit": 2}
    handler.start_project("first", Nothing(), limited)
    other = site.handler("other")
    site.own_side("other").declare("a", "b")
    other.start_project("theirs", Dataset("raw"), VIRTUAL)
    DispatcherProject.objects.filter(experiment="other").update(project_id=outsiders)

    assert handler.sharing("first") == {"demo": ["first"]}


def test_what_a_submission_that_is_over_left_another_takes(handler, limited):
    handler.start_project("first", Nothing(), limited)

    handler.start_project("second", Nothing(), {**limited, "settled": lambda names: names})

    assert handler.files(ProjectFiles("second")) == ["a", "b"]


def test_a_relaunch_on_a_named_project_restarts_the_files_that_were_tried(
    handler, service, limited
):
    handler.start_project("first", Nothing(), limited)
    service.put("someones", done=1, failed=1)

    again = handler.start_project("again", ProjectFiles("first"), limited)
    handler.start_project("second", Nothing(), limited)

    assert (again.files, again.initial) == (2, 2)
    assert handler.files(ProjectFiles("again")) == ["a", "b"]
    assert handler.files(ProjectFiles("second")) == ["c", "d"]


def test_a_relaunch_of_what_had_the_whole_project_goes_on_with_what_is_left(
    handler, service, limited
):
    whole = {"project_id": limited["project_id"]}
    handler.start_project("first", Nothing(), whole)
    service.put("someones", done=1)

    again = handler.start_project("again", ProjectFiles("first"), whole)

    assert (again.files, again.done, again.initial) == (4, 1, 3)


def test_a_project_that_is_named_must_be_there(handler):
    with pytest.raises(NoSuchName, match="no project 4711"):
        handler.start_project("p", Nothing(), {"project_id": 4711})


def test_a_project_of_another_experiment_is_refused(site, handler, service):
    service.declare("a")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    number = handler.project("p").details["project_id"]
    same_servers = replace(site.service("demo"), experiment="other")
    other = handler_for("data_dispatcher", "other", same_servers)

    with pytest.raises(QueryError, match="belongs to experiment demo"):
        other.start_project("mine", Nothing(), {"project_id": number})
    with pytest.raises(NoSuchName):
        other.restart_handles("mine", states=("done",))


def test_experiments_may_have_the_same_numbers_on_servers_of_their_own(site, handler, service):
    other = site.handler("other")
    service.declare("a")
    site.own_side("other").declare("b")
    for each in (handler, other):
        each.start_project("p", Dataset("raw"), VIRTUAL)
    number = other.project("p").details["project_id"]
    DispatcherProject.objects.filter(experiment="demo").update(project_id=number)

    assert other.start_project("again", Nothing(), {"project_id": number}).files == 1


def test_files_without_a_replica_are_not_located(handler, service, dispatcher):
    service.declare("a", "b", "c")
    handler.start_project("p", Dataset("raw"))
    dispatcher.locate({"demo:a": "file:///a"})
    dispatcher.tick()

    assert handler.project("p").details["not_located"] == 2
    assert [row.file for row in handler.handles("p", NOT_LOCATED).rows] == ["b", "c"]
    assert [(row.file, row.replicas) for row in handler.handles("p").rows] == [
        ("a", 1),
        ("b", 0),
        ("c", 0),
    ]


def test_people_see_handles_and_may_restart_them(handler, service):
    service.declare("a", "b", "c")
    handler.start_project("p", Dataset("raw"), {**VIRTUAL, "title": "reco | standard"})
    service.consume("p", "a")
    service.fail("p", "b")

    assert handler.handles("p").total == 3
    (failed,) = handler.handles("p", "failed").rows
    assert (failed.file, failed.attempts) == ("b", 1)
    assert [row.file for row in handler.handles("p", start=1, stop=2).rows] == ["b"]
    facts = handler.project_facts("p")
    assert (facts["idle time-out"], facts["worker time-out"]) == ("3d", "never")
    assert (facts["title"], facts["state"], facts["virtual"]) == (
        "reco | standard",
        "active",
        "yes",
    )

    handler.restart_handles("p", states=["failed"])
    assert handler.project("p").failed == 0
    handler.restart_handles("p", files=["a"])
    assert handler.project("p").initial == 3
    with pytest.raises(NoSuchName, match="isn't among the files"):
        handler.restart_handles("p", files=["z"])


def test_a_project_that_ended_can_be_activated(handler, service):
    service.declare("a")
    handler.start_project("p", Dataset("raw"), VIRTUAL)
    service.consume("p", "a")
    assert handler.project_facts("p")["state"] == "done"

    handler.activate_project("p")

    assert handler.project_facts("p")["state"] == "active"


def test_a_project_without_files_has_nothing_to_act_on(handler, service):
    service.declare("a")
    handler.start_project("p", Nothing(), VIRTUAL)

    assert handler.handles("p").total == 0
    assert handler.project_facts("p") == {"project": "none: there was no file to hand out"}
    with pytest.raises(QueryError, match="no files"):
        handler.activate_project("p")


def test_jobs_are_told_the_number_of_their_project(handler, service):
    service.declare("a")
    handler.start_project("p", Dataset("raw"), VIRTUAL)

    told = handler.environment("p")
    assert told["POMS_DATA_DISPATCHER_PROJECT_ID"] == str(
        handler.project("p").details["project_id"]
    )
    assert told["POMS_DATA_DISPATCHER_DATASET_QUERY"] == "files from demo:raw"
    assert told["DATA_DISPATCHER_URL"] == handler.service.url
    assert "POMS_DATA_DISPATCHER_PROJECT_ID" not in handler.environment("none")

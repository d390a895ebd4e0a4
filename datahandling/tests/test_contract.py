"""What every data handler does: one behaviour a test, for each of ``HANDLERS``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from datahandling.base import DataHandler, DatasetConflict, NoSuchName, ProjectSummary, QueryError
from datahandling.handlers import HANDLERS
from datahandling.patterns import matching
from datahandling.query import (
    Children,
    Consumed,
    CreatedAfter,
    Dataset,
    Declared,
    EndedBetween,
    Everything,
    Fragment,
    Handles,
    Located,
    MadeBy,
    Metadata,
    Named,
    NameLike,
    Nothing,
    Parents,
    ProjectFiles,
    Run,
    RunsBetween,
    Snapshot,
    Unsigned,
    Version,
    union,
)
from datahandling.tests.services import SITES

pytestmark = [pytest.mark.django_db, pytest.mark.contract]

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def only(**traits):
    """Try a test on the services that have these traits, of handler or site, and on no others."""
    return pytest.mark.only(**traits)


def pytest_generate_tests(metafunc):
    """Try each test on every handler that has the traits which the test is about."""
    if "kind" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("only")
        wanted = mark.kwargs if mark else {}
        metafunc.parametrize("kind", [kind for kind in HANDLERS if has(kind, wanted)])


def has(kind, traits):
    def trait(name):
        return getattr(HANDLERS[kind] if hasattr(DataHandler, name) else SITES[kind], name)

    return all(trait(name) == value for name, value in traits.items())


@pytest.fixture
def site(kind, tmp_path):
    with SITES[kind](tmp_path) as site:
        yield site


@pytest.fixture
def other(site):
    """The handler of another experiment."""
    return site.handler("other")


@pytest.fixture
def stranger(site):
    """The same service, another experiment."""
    return site.own_side("other")


@pytest.fixture
def raw(service):
    """Six files in the dataset raw, in this order."""
    names = ["f3", "f1", "f2", "f6", "f5", "f4"]
    service.declare(*names)
    return names


@pytest.fixture
def lineage(service, raw):
    """f3, f1 → reco_1; f2 → reco_2 → plot; only the plot and reco_1 are located."""
    service.declare("reco_1", parents=["f3", "f1"], dataset="reco")
    service.declare("reco_2", parents=["f2"], dataset="reco", located=False)
    service.declare("plot", parents=["reco_2"], dataset="plots")


@pytest.fixture
def project(handler, service, raw):
    """A project over raw: f1 and f2 consumed, f3 failed, the others waiting."""
    service.start_project("p", Dataset("raw"))
    service.consume("p", "f1", "f2")
    service.fail("p", "f3")
    return "p"


# Counting and listing


def test_files_come_in_the_declared_order(handler, raw):
    assert handler.files(Dataset("raw")) == raw


def test_a_list_can_be_limited(handler, raw):
    assert handler.files(Dataset("raw"), limit=2) == raw[:2]


def test_a_count_is_the_length_of_the_list(handler, raw):
    assert handler.count(Dataset("raw")) == 6


def test_no_file_is_a_clear_answer(handler, raw):
    assert handler.count(NameLike("nothing%")) == 0
    assert handler.files(NameLike("nothing%")) == []


@only(shows_unlocated=True)
def test_everything_is_all_files_of_the_experiment(handler, lineage):
    assert handler.count(Everything()) == 9


@only(shows_unlocated=False)
def test_everything_is_all_files_that_are_somewhere(handler, lineage):
    assert handler.count(Everything()) == 8


def test_every_declared_file_can_be_asked_for(handler, lineage):
    assert handler.count(Everything() & Declared()) == 9
    assert handler.files(Dataset("reco") & Declared()) == ["reco_1", "reco_2"]


def test_nothing_is_no_file(handler, raw):
    assert handler.files(Nothing()) == []


def test_files_of_another_experiment_are_never_seen(handler, service, stranger):
    service.declare("mine")
    stranger.declare("theirs", metadata={"run_number": 1, "my.k": "v"})

    for query in (Everything(), Located(), Run("1"), Metadata("my.k", "v"), Named(("theirs",))):
        assert "theirs" not in handler.files(query)
        assert "theirs" not in handler.files(Everything() - (Dataset("raw") - query))


# Names of files


def test_named_files_come_in_the_declared_order_too(handler, raw):
    assert handler.files(Named(("f1", "f3"))) == ["f3", "f1"]


def test_names_that_do_not_exist_are_left_out(handler, raw):
    assert handler.files(Named(("f1", "missing"))) == ["f1"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a%", ["a1.root", "a_2.log"]),
        ("%.root", ["a1.root", "B1.root"]),
        ("a__%", ["a1.root", "a_2.log"]),
        ("a1.root", ["a1.root"]),
        ("b%", []),
        ("%", ["a1.root", "a_2.log", "B1.root"]),
    ],
)
def test_name_patterns(handler, service, pattern, expected):
    service.declare("a1.root", "a_2.log", "B1.root")

    assert handler.files(NameLike(pattern)) == expected


@pytest.mark.parametrize("pattern", ["", "%", "None"])
def test_the_empty_pattern_matches_every_file(handler, raw, pattern):
    assert handler.files(Dataset("raw") & matching(pattern)) == raw


# What is said of files


def test_files_of_a_run(handler, service):
    service.declare("a", metadata={"run_number": 7})
    service.declare("b", metadata={"run_number": 8})
    service.declare("c")

    assert handler.files(Run("7")) == ["a"]


def test_files_of_the_runs_between_two_that_are_included(handler, service):
    for run in (1, 2, "3.0002", 4):
        service.declare(f"of_{run}", metadata={"run_number": run})
    service.declare("none")

    assert handler.files(RunsBetween(2, 3)) == ["of_2", "of_3.0002"]
    assert handler.files(RunsBetween(3, 2)) == []


def test_files_of_a_subrun(handler, service):
    service.declare("a", metadata={"run_number": "7.0001"})
    service.declare("b", metadata={"run_number": "7.0002"})

    assert handler.files(Run("7.2")) == ["b"]
    assert handler.files(Run("7")) == ["a", "b"]


def test_the_first_run_is_that_of_the_first_file_that_has_one(handler, service):
    service.declare("a")
    service.declare("b", metadata={"run_number": "9.0003"})
    service.declare("c", metadata={"run_number": 7})

    assert handler.first_run(Dataset("raw")) == "9.0003"
    assert handler.first_run(Dataset("raw") - Run("9.0003")) == "7"


def test_there_is_no_first_run_without_run_metadata(handler, raw):
    assert handler.first_run(Dataset("raw")) is None


def test_end_times_after_the_start_and_up_to_the_end(handler, service):
    for hour in (12, 13, 14):
        service.declare(f"at{hour}", metadata={"end_time": f"2025-03-01T{hour}:00:00+00:00"})
    service.declare("never")

    window = EndedBetween(NOON, NOON + timedelta(hours=2))
    assert handler.files(window) == ["at13", "at14"]


def test_end_times_are_compared_across_time_zones(handler, service):
    service.declare("a", metadata={"end_time": "2025-03-01T13:30:00+01:00"})

    assert handler.files(EndedBetween(NOON, NOON + timedelta(hours=1))) == ["a"]


def test_files_created_after(handler, service):
    with time_machine.travel(NOON, tick=False):
        service.declare("old")
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        service.declare("new")

    assert handler.files(CreatedAfter(NOON + timedelta(minutes=30))) == ["new"]


def test_files_of_a_version(handler, service):
    service.declare("a", metadata={"version": "v1"})
    service.declare("b", metadata={"version": "v2"})

    assert handler.files(Version("v2")) == ["b"]
    assert handler.files(Everything() - Version("v2")) == ["a"]


def test_metadata_say_one_thing_of_a_file_or_several(handler, service):
    service.declare("a", metadata={"my.k": "x"})
    service.declare("b", metadata={"my.k": "y"})
    service.declare("c")

    assert handler.files(Metadata("my.k", "x")) == ["a"]
    assert handler.files(Dataset("raw") - Metadata("my.k", "x")) == ["b", "c"]


@only(typed_metadata=False)
def test_metadata_are_compared_as_text_and_as_numbers(handler, service):
    service.declare("a", metadata={"my.k": "2"})
    service.declare("b", metadata={"my.k": 2})

    assert handler.files(Metadata("my.k", 2)) == ["a", "b"]
    assert handler.files(Metadata("my.k", "2")) == ["a", "b"]


@only(typed_metadata=True)
def test_metadata_are_compared_with_their_type(handler, service):
    service.declare("a", metadata={"my.k": "2"})
    service.declare("b", metadata={"my.k": 2})

    assert handler.files(Metadata("my.k", 2)) == ["b"]
    assert handler.files(Metadata("my.k", "2")) == ["a"]


@only(knows_locations=True)
def test_files_that_are_somewhere(handler, lineage):
    assert handler.files(Dataset("reco") & Located()) == ["reco_1"]
    assert handler.files((Dataset("reco") - Located()) & Declared()) == ["reco_2"]


@only(knows_locations=False)
def test_where_locations_are_not_kept_every_file_is_somewhere(handler, lineage):
    assert handler.files(Dataset("reco") & Located()) == ["reco_1", "reco_2"]
    assert handler.files(Dataset("reco") - Located()) == []


@only(signs_outputs=True)
def test_files_that_a_submission_made(handler, service, raw):
    service.declare("x", made_by=17)
    service.declare("y", made_by=18)

    assert handler.files(MadeBy((17,))) == ["x"]
    assert handler.files(MadeBy((17, 18, 19))) == ["x", "y"]
    assert handler.files(MadeBy(())) == []


@only(signs_outputs=True)
def test_files_that_nobody_signed(handler, service):
    service.declare("x", made_by=17)
    service.declare("y")

    assert handler.files(Unsigned()) == ["y"]


@only(signs_outputs=False)
@pytest.mark.parametrize("query", [MadeBy((17,)), MadeBy(()), Unsigned(), Children(Unsigned())])
def test_where_outputs_are_not_signed_nobody_can_ask_for_signatures(handler, query):
    with pytest.raises(QueryError, match="sign"):
        handler.check(query)
    with pytest.raises(QueryError, match="sign"):
        handler.count(query)


def test_a_condition_in_the_language_of_the_service(site, handler, service):
    service.declare("a.root", metadata={"data_tier": "raw", "version": "v1"})
    service.declare("b.root", metadata={"data_tier": "reco", "version": "v1"})

    assert handler.files(Fragment(site.condition)) == ["a.root"]
    assert handler.files(Fragment(site.conditions)) == ["a.root", "b.root"]


def test_a_condition_that_cannot_be_read_is_an_error_and_not_an_empty_answer(handler):
    with pytest.raises(QueryError):
        handler.count(Fragment("data_tier raw raw"))
    with pytest.raises(QueryError):
        handler.check(Children(Everything() - Fragment("data_tier raw raw")))


def test_what_can_be_asked_passes_the_check_though_it_does_not_exist_yet(site, handler):
    handler.check(Dataset("later") & Fragment(site.condition))


def test_what_is_known_of_a_file(handler, lineage):
    known = handler.metadata("reco_1")

    assert known["name"] == "reco_1"
    assert known["parents"] == ["f3", "f1"]


@only(knows_locations=True)
def test_where_a_file_is(handler, lineage):
    assert handler.metadata("reco_1")["locations"] == ["file:///reco_1"]


def test_an_unknown_file_has_no_metadata(handler):
    with pytest.raises(NoSuchName, match="missing"):
        handler.metadata("missing")


# Set operations and parts


def test_union(handler, raw):
    assert handler.files(Named(("f6",)) | Named(("f1",))) == ["f1", "f6"]


def test_a_file_in_both_counts_once(handler, raw):
    assert handler.count(Dataset("raw") | Named(("f1",))) == 6


def test_a_union_of_many(handler, raw):
    ids = [handler.take_snapshot(Named((name,))) for name in raw * 20]

    assert handler.files(union(Snapshot(number) for number in ids)) == raw


def test_intersection(handler, raw):
    assert handler.files(Dataset("raw") & Named(("f1", "x"))) == ["f1"]


def test_difference(handler, raw):
    assert handler.files(Dataset("raw") - Named(("f1", "f2"))) == ["f3", "f6", "f5", "f4"]


def test_a_difference_keeps_files_of_which_nothing_is_said(handler, raw):
    nowhere = Run("1") | EndedBetween(NOON, NOON) | Version("v1") | Metadata("my.k", "v")

    assert handler.files(Dataset("raw") - nowhere) == raw


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 2), (2, 4), (4, 9), (6, 8), (0, 0), (3, None), (3, 2)]
)
def test_parts(handler, raw, start, stop):
    assert handler.files(Dataset("raw")[start:stop]) == raw[start:stop]


def test_a_part_of_a_part(handler, raw):
    assert handler.files(Dataset("raw")[1:5][1:3]) == raw[1:5][1:3]


def test_a_part_is_taken_before_what_follows(handler, raw):
    assert handler.files(Dataset("raw")[:2] - Named(("f3",))) == ["f1"]
    assert handler.files((Dataset("raw") - Named(("f3",)))[:2]) == ["f1", "f2"]


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_strides_share_out_the_files(handler, raw, n):
    shares = [handler.files(Dataset("raw").stride(n, offset)) for offset in range(n)]

    assert shares == [raw[offset::n] for offset in range(n)]


# Lineage


def test_children(handler, lineage):
    assert handler.files(Children(Dataset("raw")) & Declared()) == ["reco_1", "reco_2"]


@only(shows_unlocated=False)
def test_children_that_are_nowhere_have_to_be_asked_for(handler, lineage):
    assert handler.files(Children(Dataset("raw"))) == ["reco_1"]
    assert handler.files(Parents(Dataset("reco"))) == ["f3", "f1"]
    assert handler.files(Parents(Dataset("reco") & Declared())) == ["f3", "f1", "f2"]


def test_parents(handler, lineage):
    assert handler.files(Parents(Named(("reco_1",)))) == ["f3", "f1"]


def test_a_child_of_two_counts_once(handler, lineage):
    assert handler.count(Children(Named(("f1", "f3")))) == 1


def test_lineage_of_exactly_two_steps(handler, service, raw):
    service.declare("between", parents=["f2"], dataset="reco")
    service.declare("end", parents=["between"], dataset="plots")

    assert handler.files(Children(Dataset("raw"), depth=2)) == ["end"]
    assert handler.files(Parents(Named(("end",)), depth=2)) == ["f2"]


@only(shows_unlocated=True)
def test_lineage_goes_through_files_that_are_nowhere(handler, lineage):
    assert handler.files(Children(Dataset("raw"), depth=2)) == ["plot"]


@only(shows_unlocated=False)
def test_lineage_ends_at_files_that_are_nowhere(handler, lineage):
    assert handler.files(Children(Dataset("raw"), depth=2)) == []


@only(knows_locations=True)
def test_inputs_whose_children_are_located(handler, lineage):
    assert handler.files(Dataset("raw") & Parents(Located() & NameLike("reco%"))) == ["f3", "f1"]


@only(knows_locations=False)
def test_inputs_whose_children_are_declared(handler, lineage):
    with_children = Dataset("raw") & Parents(Located() & NameLike("reco%"))
    assert handler.files(with_children) == ["f3", "f1", "f2"]


def test_inputs_that_lack_a_kind_of_child(handler, service, lineage):
    service.declare("log", parents=["f6"])
    without = Dataset("raw") - Parents(NameLike("reco_1")) - Parents(NameLike("log"))

    assert handler.files(without) == ["f2", "f5", "f4", "log"]


# Datasets


def test_a_defined_dataset_exists(handler):
    assert not handler.exists("d")

    handler.define("d", NameLike("f%"))

    assert handler.exists("d")


def test_a_definition_is_evaluated_when_it_is_used(handler, service, raw):
    handler.define("d", NameLike("f%"))
    service.declare("f7")

    assert handler.count(Dataset("d")) == 7


def test_defining_the_same_again_changes_nothing(handler, raw):
    handler.define("d", Dataset("raw")[:2])
    handler.define("d", Dataset("raw")[:2])

    assert handler.count(Dataset("d")) == 2


def test_defining_something_else_is_a_conflict(handler, raw):
    handler.define("d", Dataset("raw")[:2])

    with pytest.raises(DatasetConflict, match="d"):
        handler.define("d", Dataset("raw")[:3])
    assert handler.count(Dataset("d")) == 2


def test_definitions_may_use_others(handler, raw):
    handler.define("a", Dataset("raw")[1:])
    handler.define("b", Dataset("a")[1:])
    handler.define("c", Dataset("b") - Dataset("a")[:2])

    assert handler.files(Dataset("c")) == raw[3:]


def test_a_definition_that_names_what_does_not_exist_is_refused(handler):
    with pytest.raises(NoSuchName, match="missing"):
        handler.define("d", Dataset("missing"))
    assert not handler.exists("d")


def test_a_dataset_cannot_be_defined_by_itself(handler):
    with pytest.raises(NoSuchName):
        handler.define("d", Dataset("d") | Everything())


def test_an_unknown_dataset_is_an_error_and_not_an_empty_answer(handler, raw):
    with pytest.raises(NoSuchName, match="missing"):
        handler.count(Dataset("raw") - Dataset("missing"))


def test_datasets_of_another_experiment_are_unknown(other, raw):
    assert not other.exists("raw")
    with pytest.raises(NoSuchName):
        other.count(Dataset("raw"))


def test_two_experiments_may_use_one_name(handler, other, service, stranger):
    service.declare("same", "mine")
    stranger.declare("same")

    assert handler.count(Dataset("raw")) == 2
    assert other.count(Dataset("raw")) == 1


def test_a_frozen_dataset_never_changes(handler, service, raw):
    assert handler.freeze("d", NameLike("f%")) == 6
    service.declare("f7")

    assert handler.files(Dataset("d")) == raw


def test_freezing_again_leaves_it_as_it_is(handler, service, raw):
    handler.freeze("d", NameLike("f%"))
    service.declare("f7")

    assert handler.freeze("d", NameLike("f%")) == 6


def test_freezing_what_the_jobs_defined_takes_it_as_it_is(handler, service, raw):
    service.declare("x", dataset="poms_depends_1_1")

    assert handler.freeze("poms_depends_1_1", Dataset("raw")) == 1
    assert handler.files(Dataset("poms_depends_1_1")) == ["x"]


def test_a_list_whose_decision_was_not_taken_can_be_frozen_anew(handler, service, raw):
    handler.freeze("d", NameLike("f%"))
    service.declare("f7")

    assert handler.freeze("d", NameLike("f%"), anew=True) == 7
    assert handler.files(Dataset("d")) == [*raw, "f7"]


def test_not_even_anew_is_the_jobs_own_dataset_replaced(handler, service, raw):
    service.declare("x", dataset="poms_depends_1_1")

    assert handler.freeze("poms_depends_1_1", Dataset("raw"), anew=True) == 1
    assert handler.files(Dataset("poms_depends_1_1")) == ["x"]


def test_a_defined_dataset_is_not_replaced_by_a_frozen_one(handler, service, raw):
    handler.define("d", Dataset("raw")[:2])

    assert handler.freeze("d", Dataset("raw"), anew=True) == 2


def test_an_empty_dataset_can_be_frozen(handler, service):
    assert handler.freeze("d", NameLike("f%")) == 0
    service.declare("f1")

    assert handler.count(Dataset("d")) == 0


# Snapshots


def test_a_snapshot_never_changes(handler, service, raw):
    number = handler.take_snapshot(Dataset("raw"))
    service.declare("f7")

    assert handler.files(Snapshot(number)) == raw
    assert handler.files(Dataset("raw") - Snapshot(number)) == ["f7"]


def test_snapshots_add_up(handler, raw):
    first = handler.take_snapshot(Dataset("raw")[:2])
    second = handler.take_snapshot((Dataset("raw") - Snapshot(first))[:2])
    both = handler.take_snapshot(Snapshot(first) | Snapshot(second))

    assert handler.files(Snapshot(both)) == raw[:4]


def test_an_empty_snapshot(handler, raw):
    number = handler.take_snapshot(Nothing())

    assert handler.count(Snapshot(number)) == 0


def test_an_unknown_snapshot_is_an_error(handler):
    with pytest.raises(NoSuchName, match="999999"):
        handler.count(Snapshot(999999))


def test_a_snapshot_of_another_experiment_is_unknown(other, handler, raw):
    number = handler.take_snapshot(Dataset("raw"))

    with pytest.raises(NoSuchName):
        other.count(Snapshot(number))


# Projects


def test_a_started_project_is_known(handler, service, raw):
    service.start_project("p", Dataset("raw"))

    found = handler.project("p")
    assert (found.files, found.initial, found.done) == (6, 6, 0)


@only(makes_projects=True)
def test_a_project_has_a_handle_for_each_file(handler, raw):
    started = handler.start_project("p", Dataset("raw"))

    assert replace(started, details={}) == ProjectSummary(6, 6, 0, 0, 0)
    assert handler.project("p") == started


@only(makes_projects=False)
def test_where_jobs_start_their_projects_nobody_else_does(handler, raw):
    with pytest.raises(QueryError, match="jobs"):
        handler.start_project("p", Dataset("raw"))
    assert handler.project("p") is None


@only(makes_projects=True)
def test_starting_again_leaves_the_project_as_it_is(handler, service, raw):
    handler.start_project("p", Dataset("raw"))
    service.consume("p", "f1")
    service.declare("f7")

    assert handler.start_project("p", Dataset("raw")).files == 6
    assert handler.project("p").done == 1


@only(makes_projects=True)
def test_a_project_without_files(handler):
    assert handler.start_project("p", Nothing()) == ProjectSummary(0, 0, 0, 0, 0)
    assert handler.project("p").consumed == 0


def test_there_is_no_project_of_that_name(handler):
    assert handler.project("missing") is None


def test_a_project_of_another_experiment_is_unknown(other, project):
    assert other.project("p") is None
    with pytest.raises(NoSuchName):
        other.count(Consumed("p"))


def test_the_summary_counts_states(handler, service, project):
    service.reserve("p")

    found = handler.project("p")
    assert (found.files, found.initial, found.reserved) == (6, 2, 1)
    assert (found.done, found.failed) == (2, 1)


def test_consumed_means_done(handler, service, project):
    service.reserve("p")

    assert handler.files(Consumed("p")) == ["f1", "f2"]
    assert handler.project("p").consumed == 2


def test_project_files_are_those_it_was_made_over(handler, service, project, raw):
    service.declare("f7")

    assert handler.files(ProjectFiles("p")) == raw


def test_files_by_the_state_of_their_handle(handler, project):
    assert handler.files(Handles("p", ("failed",))) == ["f3"]
    assert handler.files(Handles("p", ("initial", "reserved"))) == ["f6", "f5", "f4"]


def test_what_is_left_to_recover(handler, service, project):
    service.start_project("again", ProjectFiles("p") - Consumed("p"))

    assert handler.project("again").files == 4
    left = ProjectFiles("p") - (Consumed("p") | Consumed("again"))
    assert handler.files(left) == ["f3", "f6", "f5", "f4"]


def test_an_unknown_project_is_an_error_and_not_an_empty_answer(handler, raw):
    with pytest.raises(NoSuchName, match="missing"):
        handler.count(Dataset("raw") - Consumed("missing"))


# The table of handlers


def test_handlers_are_bound_to_an_experiment(handler, other):
    assert (handler.experiment, other.experiment) == ("demo", "other")


def test_every_handler_has_a_service_to_be_tried_on():
    assert SITES.keys() == HANDLERS.keys()

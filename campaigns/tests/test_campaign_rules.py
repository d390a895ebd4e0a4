"""What a campaign may not be."""

from graphlib import CycleError, TopologicalSorter

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from campaigns.documents import Edge
from campaigns.tests.builders import campaign, feeds, person, stage
from campaigns.tests.documents import document, documents
from campaigns.validation import graph, problems_of, validate_campaign
from datahandling.handlers import HANDLERS

SPLIT = {"split_type": "nfiles(3)", "dataset": "raw"}


def messages(made):
    return [problem.message for problem in problems_of(made)]


def only(made):
    """The one problem that a campaign has."""
    (problem,) = problems_of(made)
    return problem


def test_a_chain_with_a_join_at_its_end_is_sound():
    made = document(
        "gen > sim",
        "sim > reco",
        "reco > merge",
        gen={"stage_type": "generator"},
        merge={"join": True},
    )

    assert problems_of(made) == []


@pytest.mark.parametrize(
    ("edges", "way"),
    [
        (["a > a"], "a → a"),
        (["a > b", "b > a"], "a → b → a"),
        (["in > a", "a > b", "b > c", "c > a", "c > out"], "a → b → c → a"),
    ],
)
def test_stages_that_feed_each_other_in_a_circle_are_named(edges, way):
    problem = only(document(*edges))

    assert problem.message.startswith(f"{way} feed each other in a circle")
    assert problem.section == "dependencies a"


def test_two_circles_are_two_problems():
    assert len(messages(document("a > b", "b > a", "c > d", "d > c"))) == 2


def test_names_that_begin_with_the_same_letter_are_no_circle():
    assert messages(document("reco > reco_merge", "reco_merge > reco_plots")) == []


def test_a_diamond_is_no_circle():
    assert messages(document("a > b", "a > c", "b > d", "c > d")) == []


def test_a_self_edge_of_a_stage_with_a_split_walks():
    assert messages(document("a ~ a", a=SPLIT)) == []


@pytest.mark.parametrize("split", ["", "None"])
def test_a_next_slice_edge_needs_a_split(split):
    assert "a has no split" in only(document("a ~ a", a={"split_type": split})).message


@pytest.mark.parametrize("split", ["draining", "limitn(3)"])
def test_a_next_slice_edge_needs_a_split_that_ends(split):
    assert (
        "never ends" in only(document("a ~ a", a={"split_type": split, "dataset": "raw"})).message
    )


def test_the_test_split_must_end_as_well():
    stages = {"a": {**SPLIT, "test_split_type": "limitn(1)"}}

    assert "limitn(1) never ends" in only(document("a ~ a", **stages)).message


def test_the_last_stage_of_a_chain_may_set_off_the_next_slice_of_the_first():
    assert messages(document("a > b", "b > c", "c ~ a", a=SPLIT)) == []


def test_and_that_of_a_fed_stage_above_it():
    assert messages(document("in > a", "a > b", "b ~ a", a=SPLIT)) == []


def test_but_not_that_of_a_fed_stage_elsewhere():
    problem = only(document("in > a", "in > b", "b ~ a", a=SPLIT))

    assert "a is fed, but not on the way to b" in problem.message


def test_an_unfed_stage_elsewhere_has_its_standing_pass():
    assert messages(document("b ~ a", a=SPLIT)) == []


def test_a_join_needs_somebody_to_feed_it():
    assert "join is a join, but no stage feeds it" in only(document(join={"join": True})).message


def test_a_next_slice_edge_feeds_no_join():
    made = document("a ~ b", b={"join": True, **SPLIT})

    assert "never be ripe" in only(made).message


def test_a_generator_has_no_input():
    problem = only(document("a > gen", gen={"stage_type": "generator"}))

    assert problem.message == "stage gen is a generator, which has no input, but is fed by a"
    assert (problem.section, problem.field) == ("campaign_stage gen", "stage_type")


def test_an_edge_from_nowhere_is_named():
    made = document("a > b")
    del made.stages["a"]

    assert only(made).message == "edge a → b: there is no stage a in the campaign"


def test_two_edges_of_a_stage_have_different_numbers():
    made = document("a > b", "a > c")
    made.edges = [Edge("a", "b", position=1), Edge("a", "c", position=1)]

    assert "a has another number 1 already" in only(made).message


def test_two_next_slice_edges_between_the_same_stages_are_one_too_many():
    assert "another next-slice edge" in only(document("a ~ b", "a ~ b", b=SPLIT)).message


@pytest.mark.parametrize("number", [0, 40_000])
def test_an_edge_number_must_fit(number):
    made = document("a > b")
    made.edges = [Edge("a", "b", position=number)]

    assert "its number is 1 to" in only(made).message


def test_a_split_that_cant_be_read_names_the_stage():
    problem = only(document(sim={"split_type": "nfile(3)"}))

    assert problem.message.startswith("stage sim: there is no split type 'nfile'")
    assert (problem.section, problem.field) == ("campaign_stage sim", "split_type")


def test_a_split_needs_a_dataset_unless_the_stage_is_fed():
    assert "needs a dataset" in only(document(a={"split_type": "nfiles(3)"})).message
    assert messages(document("in > a", a={"split_type": "nfiles(3)"})) == []


def test_multiparam_needs_lists():
    assert (
        "list of lists" in only(document(a={"split_type": "multiparam", "dataset": "raw"})).message
    )
    assert (
        messages(document(a={"split_type": "multiparam", "dataset": '[["e"], ["1", "2"]]'})) == []
    )


@pytest.mark.parametrize("split", ["draining", "limitn(2)"])
def test_a_fed_stage_would_walk_for_ever_over_a_split_that_never_ends(split):
    assert "would launch for ever" in only(document("in > a", a={"split_type": split})).message


@pytest.mark.parametrize("split", ["list", "multiparam", "stagedfiles(3)"])
def test_a_fed_stage_has_files_to_split_and_nothing_else(split):
    assert "it is fed with files" in only(document("in > a", a={"split_type": split})).message


TEXTS = {
    "software_version": "%(oops)s",
    "dataset": "%(oops)s",
    "param_overrides": [["--x=", "%(oops)s"]],
    "test_param_overrides": [["%(oops)s", ""]],
}


@pytest.mark.parametrize("field", TEXTS)
def test_an_unknown_placeholder_is_found_in_every_text_of_a_stage(field):
    problem = only(document(sim={field: TEXTS[field]}))

    assert problem.message.startswith("campaign stage sim: %(oops)s in '%(oops)s' is not defined")
    assert problem.field == field


def test_keywords_of_the_campaign_are_known():
    assert messages(document(sim={"dataset": "%(oops)s"}, keywords={"oops": "fine"})) == []


def test_the_dataset_of_a_fed_stage_is_not_used_and_not_looked_at():
    assert messages(document("in > sim", sim={"dataset": "100%"})) == []


@pytest.mark.parametrize(
    ("field", "value"), [("launch_script", "run %(oops)s"), ("parameters", [["a", "%"]])]
)
def test_placeholders_of_job_types_are_looked_at(field, value):
    made = document(stages=["sim"])
    made.job_types["job"][field] = value

    assert only(made).section == "job_type job"


@pytest.mark.parametrize("field", ["launch_host", "launch_account", "launch_setup"])
def test_login_setups_know_the_built_in_names_only(field):
    made = document(stages=["sim"], keywords={"det": "near"})
    made.login_setups["login"][field] = "%(experiment)s %(det)s"

    assert "%(det)s" in only(made).message


def test_a_pattern_that_cant_be_read_is_refused_where_it_is_said():
    made = document("a > b")
    made.edges = [Edge("a", "b", file_pattern="run_number > > 3")]
    made.job_types["job"]["output_file_patterns"] = "%root,run_number and"

    assert [problem.section for problem in problems_of(made)] == ["dependencies b", "job_type job"]


@pytest.mark.parametrize(
    ("service", "version", "sound"),
    [
        ("sam", "v2 final", True),
        ("sam", "v2_%(det)s", True),
        ("sam", "vé1", False),
        ("sam", "50%%", False),
        ("sam", "v%(odd)s", False),
        ("sam", """v2 "x'""", False),
        ("data_dispatcher", 'v"1', False),
        ("data_dispatcher", "vé 1", True),
        ("catalogue", """vé "x'""", True),
    ],
)
def test_a_version_that_no_file_could_be_asked_by_is_refused(service, version, sound):
    made = document("a > b", a={"dataset": "nova:raw"}, b={"software_version": version})
    made.campaign |= {"data_handler": service, "keywords": {"det": "near", "odd": "é"}}

    found = [(problem.section, problem.field) for problem in problems_of(made)]

    assert found == ([] if sound else [("campaign_stage b", "software_version")])


@pytest.mark.parametrize("service", HANDLERS)
def test_a_pattern_is_read_as_its_data_handler_reads_it_wherever_that_is(service):
    made = document("a > b", a={"dataset": "nova:raw"})
    made.campaign["data_handler"] = service

    assert messages(made) == []


@pytest.mark.parametrize(
    ("service", "recovery", "sound"),
    [
        ("catalogue", "reprocess_all", True),
        ("sam", "consumed_status", True),
        ("sam", "reprocess_all", False),
        ("data_dispatcher", "state_failed", True),
        ("data_dispatcher", "consumed_status", True),  # understood as state_not_done there
        ("data_dispatcher", "delivered_not_consumed", False),
    ],
)
def test_a_recovery_is_one_that_the_data_service_can_tell(service, recovery, sound):
    made = document(sim={"dataset": "raw"})
    made.campaign["data_handler"] = service
    made.job_types["job"]["recoveries"] = [[recovery, []]]

    assert (messages(made) == []) is sound


# The same for stored campaigns


@pytest.fixture
def stored(db):
    made = campaign("c", person("ann", "production"))
    feeds(stage("gen", made, stage_type="generator"), stage("sim", made, dataset="x"))
    return made


def test_a_stored_campaign_is_sound(stored):
    assert validate_campaign(stored) == []


@pytest.fixture
def undone(db):
    """What the database would refuse in the end; it is asked about before that."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_an_edge_stays_within_its_campaign(stored, undone):
    elsewhere = stage("elsewhere", campaign("d", stored.creator))
    feeds(stored.stages.get(name="sim"), elsewhere)

    expected = ["edge sim → elsewhere goes from campaign c to d: an edge stays within one campaign"]
    assert validate_campaign(stored) == expected
    assert validate_campaign(elsewhere.campaign) == expected


def test_job_types_and_login_setups_are_of_the_same_experiment(stored, undone):
    stored.stages.update(
        login_setup=stage("other", campaign("e", stored.creator, of="dune")).login_setup
    )

    (first, *_) = validate_campaign(stored)
    assert "belongs to dune, not to nova" in first


@pytest.mark.parametrize(
    ("defaults", "says"),
    [
        ({"completion": 3}, "no stage has a field 'completion'"),
        ({"completion_pct": "most"}, "'most' is no number"),
        ({"completion_pct": 400}, "less than or equal to 100"),
        ({"param_overrides": 5}, "write JSON such as [["),
        ({"param_overrides": ["-x"]}, "list of [key, value] pairs"),
        ({"param_overrides": [["--x=", "%(oops)s"]]}, "%(oops)s"),
        ({"dataset": ["raw"]}, "is no text"),
        ([], "mapping"),
    ],
)
def test_defaults_of_the_campaign_are_stage_fields(stored, defaults, says):
    stored.defaults = defaults

    (problem,) = validate_campaign(stored)

    assert says in problem


def test_asking_takes_as_many_queries_however_many_stages_there_are(
    stored, django_assert_max_num_queries
):
    for number in range(5):
        feeds(stored.stages.get(name="sim"), stage(f"more{number}", stored))

    with django_assert_max_num_queries(10):
        validate_campaign(stored)


# Laws

nodes = st.integers(0, 5).map(str)
arrows = st.lists(st.tuples(nodes, nodes), max_size=12)


@pytest.mark.property
@given(arrows)
def test_a_circle_is_told_exactly_where_no_order_exists(pairs):
    made = document(*(f"{a} > {b}" for a, b in pairs))
    sorter = TopologicalSorter()
    for a, b in pairs:
        sorter.add(b, a)
    try:
        sorter.prepare()
    except CycleError:
        is_ordered = False
    else:
        is_ordered = True

    assert (list(graph.circles(made)) == []) is is_ordered


@pytest.mark.property
@given(arrows, arrows)
def test_every_rule_has_an_answer_for_every_graph(feeding, setting_off):
    made = document(*(f"{a} > {b}" for a, b in feeding), *(f"{a} ~ {b}" for a, b in setting_off))

    assert all(problem.message for problem in problems_of(made))


@pytest.mark.property
@given(documents())
def test_what_the_tests_call_sound_is_sound(made):
    assert problems_of(made) == []

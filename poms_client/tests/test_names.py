"""What is meant by a number or a name, and that nothing is done where that isn't clear."""

import pytest

OUTSIDE = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None, "POMS_PROJECT": None}
GEN = {"id": 1, "name": "gen", "campaign": "mc", "experiment": "demo"}
DIGITS = {"id": 5, "name": "2024", "campaign": "mc", "experiment": "demo"}


@pytest.fixture
def known(poms):
    """Stage 1, ``gen``, and stage 5, ``2024``, of campaign 2, ``mc``; submissions 7 and 8 of it."""
    where = {"campaign": "mc", "experiment": "demo"}
    poms.rows.update(
        {
            "/stages/": [],
            "/campaigns/": [],
            "/stages/1/": GEN,
            "/stages/5/": DIGITS,
            "/stages/?name=gen&campaign__name=mc": [GEN],
            "/stages/?name=gen&campaign__name=mc&campaign__experiment__name=demo": [GEN],
            "/stages/?name=2024&campaign__name=mc": [DIGITS],
            "/campaigns/2/": {"id": 2, "name": "mc", "experiment": "demo"},
            "/submissions/7/": {"submission_id": 7, "status": "New", **where},
            "/submissions/7/history/": [],
            "/submissions/": [{"submission_id": 8}],
        }
    )
    return poms


@pytest.mark.parametrize(
    "said",
    [
        ["kill", "--stage", "", "--campaign", "mc"],
        ["hold", "", "--campaign", "mc"],
        ["release", "--stage", " ", "--campaign", "mc"],
        ["cancel", "7", "--campaign", ""],
        ["launch", "gen", "--experiment", ""],
        ["launch", ""],
        ["show", ""],
        ["submissions", "--status", ""],
        ["upload", __file__, "--owner", ""],
        ["uploads", "rm", "a.fcl", ""],
    ],
)
def test_a_name_that_is_said_but_empty_is_refused(run, poms, said):
    done = run(*said)

    assert done.returncode == 2
    assert "it is empty" in done.stderr
    assert not poms.requests


def test_a_cluster_that_is_said_but_empty_is_none(run, directory, submit):
    cluster = submit("sleep", "60")

    done = run("kill", "--cluster", "")

    assert done.returncode == 1
    assert cluster.summary()["removed"] == 0


@pytest.mark.parametrize(
    "elsewhere",
    [
        ["--campaign", "nosuch"],
        ["--experiment", "nosuch"],
        ["--campaign", "2", "--experiment", "x"],
    ],
)
@pytest.mark.parametrize("said", [["launch", "1"], ["kill", "--stage", "1"], ["kill", "7"]])
def test_a_number_has_to_be_where_it_is_said_to_be(run, known, said, elsewhere):
    done = run(*said, *elsewhere)

    assert done.returncode == 2
    assert "there is no " in done.stderr
    assert known.made == known.controlled == []


def test_a_number_that_is_there_is_meant(run, known):
    run("launch", 1, "--campaign", "mc")
    run("kill", 7, "--campaign", "mc", "--experiment", "demo")

    assert known.made == [{"stage": 1, "test": False}]
    assert known.controlled == [{"act": "kill", "submission": 7}]


def test_a_name_of_digits_is_found_in_its_campaign(run, known):
    run("launch", "2024", "--campaign", "mc")
    run("kill", "2024", "--campaign", "mc")

    assert known.made == [{"stage": 5, "test": False}]
    assert known.controlled == [{"act": "kill", "submission": 8}]


def test_digits_alone_are_a_number(run, known):
    run("launch", "2024")

    assert known.made == [{"stage": 2024, "test": False}]


@pytest.mark.parametrize(
    ("said", "numbers"), [(["kill", "--stage", "1"], "1 or 9"), (["kill", "7"], "7 or 8")]
)
def test_what_is_a_number_and_another_ones_name_is_asked_about(run, known, said, numbers):
    for name in ("1", "7"):
        row = {"id": 9, "name": name, "campaign": "mc", "experiment": "demo"}
        known.rows[f"/stages/?name={name}&campaign__name=mc"] = [row]

    done = run(*said, "--campaign", "mc")

    assert done.returncode == 2
    assert f"say {numbers} alone" in done.stderr
    assert known.controlled == []


def test_a_campaign_is_named_by_its_number_everywhere(run, known):
    query = "/stages/?campaign__name=mc&campaign__experiment__name=demo"
    known.rows[query] = [GEN]
    known.rows["/submissions/?stage=1&original__isnull=true"] = [{"submission_id": 7}]

    assert "gen" in run("stages", "--campaign", 2).stdout
    assert "New" in run("show", "gen", "--campaign", 2).stdout
    run("launch", "gen", "--campaign", 2)
    assert known.made == [{"stage": 1, "test": False}]


def test_a_campaigns_name_of_digits_is_found_in_its_experiment(run, known):
    named = {"id": 3, "name": "2024", "experiment": "demo"}
    known.rows["/campaigns/?name=2024&experiment__name=demo"] = [named]

    alone = run("kill", "gen", "--campaign", "2024")
    run("kill", "--campaign", "2024", "--experiment", "demo")

    assert "one that is called so is found with --experiment" in alone.stderr
    assert known.controlled == [{"act": "kill", "campaign": 3}]


def test_campaigns_of_one_name_are_told_apart_by_their_experiments(run, poms):
    rows = [{**GEN, "experiment": experiment} for experiment in ("demo", "nova")]
    poms.rows["/stages/"] = rows

    done = run("launch", "gen", "--campaign", "mc")

    assert "choose --experiment of demo, nova" in done.stderr


@pytest.mark.parametrize("what", ["stage", "campaign"])
def test_a_number_that_nothing_has_is_said(run, poms, what):
    poms.rows["/submissions/"] = []

    done = run("submissions", f"--{what}", 99)

    assert done.returncode == 3
    assert f"no /{what}s/99/" in done.stderr


# registering, outside of launches


@pytest.mark.parametrize("verb", [["hook"], ["submit", "--stage"]])
def test_a_stages_name_alone_registers_nothing(run, poms, verb):
    said = ["hook", "--stage", "gen"] if verb == ["hook"] else [*verb, "gen", "--", "true"]

    done = run(*said, **OUTSIDE)

    assert done.returncode == 2
    assert "a stage's name needs --campaign and --experiment, too" in done.stderr
    assert poms.made == []


def test_a_stage_is_registered_with_by_names_or_by_a_number_that_is_there(run, known):
    run("hook", "--stage", "gen", "--campaign", "mc", EXPERIMENT="demo", **OUTSIDE)
    run("hook", "--stage", "1", EXPERIMENT="elsewhere", **OUTSIDE)
    run("hook", "--stage", "gen", "--campaign", "2", "--experiment", "demo", **OUTSIDE)
    run("hook", "--stage", "2024", "--campaign", "mc", **OUTSIDE)
    refused = run("hook", "--stage", "1", "--campaign", "nosuch", **OUTSIDE)

    [by_names, *by_number] = [{**made, "command_executed": ""} for made in known.made]
    assert by_names == {
        "stage": "gen",
        "campaign": "mc",
        "experiment": "demo",
        "command_executed": "",
    }
    assert [made["stage_id"] for made in by_number] == [1, 1, 5]
    assert refused.returncode == 2

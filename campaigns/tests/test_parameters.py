"""Parameters of a launch: who sets them, who has the last word, and what is filled in."""

import copy
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from campaigns.parameters import (
    BUILT_IN_KEYWORDS,
    UnknownPlaceholder,
    check_not_in_quotes,
    check_placeholders,
    fill_in,
    layers_of_launch,
    merge,
    validate_keywords,
    validate_overrides,
)

JOB_TYPE = [["-Oglobal.ds=", "%(dataset)s"], ["-Osubmit.N=", "10"], ["--debug", ""]]
CAMPAIGN = [["-Osubmit.N=", "20"]]
STAGE = [["-Osubmit.memory=", "2000MB"]]
RECOVERY = [["-Osubmit.memory=", "4000MB"]]
TEST = [["-Osubmit.N=", "1"]]


def layers(launch=(), merge_overrides=True, is_test=False):
    return layers_of_launch(
        JOB_TYPE,
        CAMPAIGN,
        STAGE,
        list(launch),
        TEST,
        merge_overrides=merge_overrides,
        is_test=is_test,
    )


def tail(dataset="d_near", **options):
    """The command line that the worked example of A.4 ends in."""
    return fill_in(
        " ".join(p.key + p.value for p in merge(layers(**options))), {"dataset": dataset}
    )


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, "-Oglobal.ds=d_near -Osubmit.N=20 --debug -Osubmit.memory=2000MB"),
        (
            {"merge_overrides": False},
            "-Oglobal.ds=d_near -Osubmit.N=10 --debug -Osubmit.memory=2000MB",
        ),
        ({"is_test": True}, "-Oglobal.ds=d_near -Osubmit.N=1 --debug -Osubmit.memory=2000MB"),
        (
            {"launch": RECOVERY, "dataset": "poms_recover_5001_0"},
            "-Oglobal.ds=poms_recover_5001_0 -Osubmit.N=20 --debug -Osubmit.memory=4000MB",
        ),
    ],
    ids=["normal", "merge off", "test", "recovery"],
)
def test_the_worked_example(options, command):
    assert tail(**options) == command


def test_keywords_are_filled_into_the_dataset_first():
    assert tail(dataset=fill_in("d_%(det)s", {"det": "near"})).startswith("-Oglobal.ds=d_near ")


def test_what_a_launch_says_beats_the_test_overrides():
    assert "-Osubmit.N=3 " in tail(launch=[["-Osubmit.N=", "3"]], is_test=True)


def test_each_parameter_knows_who_set_it():
    set_by = {p.key: p.set_by for p in merge(layers(launch=RECOVERY))}

    assert set_by == {
        "-Oglobal.ds=": "job type",
        "-Osubmit.N=": "campaign defaults",
        "--debug": "job type",
        "-Osubmit.memory=": "launch",
    }


def test_launching_twice_gives_the_same_command():
    before = copy.deepcopy((JOB_TYPE, CAMPAIGN, STAGE, TEST))

    assert merge(layers()) == merge(layers())
    assert before == (JOB_TYPE, CAMPAIGN, STAGE, TEST)


def test_a_doubled_percent_sign_reaches_the_command_as_one():
    assert fill_in("--x=%%(x)s --day=%%d", {}) == "--x=%(x)s --day=%d"


def test_a_filled_in_value_is_not_filled_in_again():
    assert fill_in("%(dataset)s", {"dataset": "%(version)s 100%"}) == "%(version)s 100%"


def test_values_are_quoted_and_the_text_around_them_is_not():
    assert fill_in("echo $HOME %(dataset)s", {"dataset": "a b"}, quote=repr) == "echo $HOME 'a b'"


@pytest.mark.parametrize("text", ["%(nowhere)s", "%()s", "a%(nowhere)sb"])
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(text):
    with pytest.raises(UnknownPlaceholder, match="known are dataset, version"):
        fill_in(text, {"version": "v1", "dataset": "d"})


@pytest.mark.parametrize("text", ["100%", "%root", "%(dataset)d", "%(dataset", "%s", "%%%"])
def test_a_lone_percent_sign_is_refused(text):
    with pytest.raises(UnknownPlaceholder, match="write %% for a percent sign"):
        fill_in(text, {"dataset": "d"})


def test_the_built_in_names_and_the_campaigns_own_are_known():
    check_placeholders("".join(f"%({name})s" for name in BUILT_IN_KEYWORDS))
    check_placeholders("%(det)s", ["det"])
    with pytest.raises(UnknownPlaceholder):
        check_placeholders("%(det)s")


@pytest.mark.parametrize("value", [[["-N ", "3"]], [], [["--flag", ""]]])
def test_pairs_of_text_are_overrides(value):
    validate_overrides(value)


@pytest.mark.parametrize(
    "value", [None, {}, "[]", [["-N"]], [["-N", 3]], [["a", "b", "c"]], ["ab"], [["a", None]]]
)
def test_anything_else_is_not(value):
    with pytest.raises(ValidationError, match=re.escape("list of [key, value] pairs")):
        validate_overrides(value)


@pytest.mark.parametrize("value", [{}, {"det": "near", "run_2": ""}])
def test_a_mapping_of_names_to_text_is_keywords(value):
    validate_keywords(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "mapping"),
        ({"det": 1}, "mapping"),
        ({"a b": "x"}, "no keyword name"),
        ({"": "x"}, "no keyword name"),
        ({"dataset": "x"}, "built in"),
    ],
)
def test_other_keywords_are_refused(value, says):
    with pytest.raises(ValidationError, match=says):
        validate_keywords(value)


keys = st.sampled_from(["-a=", "-b=", "-c ", "--d"])
pairs = st.lists(st.tuples(keys, st.text(max_size=3)).map(list), max_size=6)


@pytest.mark.property
@given(st.lists(st.tuples(st.text(max_size=5), pairs), max_size=5))
def test_the_last_word_wins_at_the_first_place(given_layers):
    merged = merge(given_layers)
    said = [(key, value, who) for who, words in given_layers for key, value in words]

    assert [p.key for p in merged] == list(dict.fromkeys(key for key, _, _ in said))
    assert {p.key: (p.value, p.set_by) for p in merged} == {
        key: (value, who) for key, value, who in said
    }


@pytest.mark.property
@given(st.text(alphabet="%()sad \n", max_size=30))
def test_text_without_placeholders_comes_back_when_its_percent_signs_are_doubled(text):
    assert fill_in(text.replace("%", "%%"), {}) == text


@pytest.mark.property
@given(st.text(alphabet="%()sad", max_size=12))
def test_filling_in_agrees_with_the_percent_formatting_of_old(text):
    """Where %-formatting of ``%(name)s`` and ``%%`` alone works, the answer is the same."""
    values = {"a": "A", "d": "D"}
    try:
        filled = fill_in(text, values)
    except UnknownPlaceholder:
        return
    assert filled == text % values


@pytest.mark.parametrize("program", ['bash -c "reco %(dataset)s"', "echo '%(dataset)s'"])
def test_a_placeholder_inside_quotes_is_refused(program):
    with pytest.raises(UnknownPlaceholder, match="inside quotes"):
        check_not_in_quotes(program)


@pytest.mark.parametrize(
    "program", ["reco %(dataset)s", "echo 'it' %(dataset)s \"well\"", r"echo \" %(dataset)s", "%%x"]
)
def test_a_placeholder_between_or_behind_quotes_is_not(program):
    check_not_in_quotes(program)

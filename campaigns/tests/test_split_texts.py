"""How split types are written."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from campaigns.splits import SPLITS, SplitError, parse_split, validate_split
from campaigns.splits.by_count import LimitN, Mod, NFiles
from campaigns.splits.by_run import ByRun
from campaigns.splits.by_time import New
from campaigns.splits.draining import DrainingN

WEEK = 604_800


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("nfiles(10)", NFiles(10)),
        ("nfiles(n=10)", NFiles(10)),
        ("nfiles_10", NFiles(10)),
        ("mod_3", Mod(3)),
        ("limitn( 7 )", LimitN(7)),
        ("drainingn(\n5\n)", DrainingN(5)),
        ("byrun", ByRun(1, 999_999)),
        ("byrun()", ByRun(1, 999_999)),
        ("byrun(low=3, high=9)", ByRun(3, 9)),
        ("byrun(3,9)", ByRun(3, 9)),
        ("byrun(high=9)", ByRun(1, 9)),
        ("new", New()),
        ("new_local", New(localtime=True)),
        ("new(localtime=1)", New(localtime=True)),
        ("new(window=6h)", New(window=6 * 3600)),
        ("new(window=2w, round=1m, fts=90)", New(window=2 * WEEK, round=60, fts=90)),
        ("new(firsttime=1497934800, lasttime=2d)", New(firsttime=1_497_934_800, lasttime=172_800)),
    ],
)
def test_a_split_is_a_name_and_its_arguments(text, split):
    assert parse_split(text) == split


@pytest.mark.parametrize("text", ["", None, "None", "none", "  \n", "null"])
def test_nothing_and_none_are_no_split(text):
    assert parse_split(text) is None


def test_blanks_in_arguments_change_nothing():
    assert parse_split(" byrun( low = 1 ,\n high = 4 ) ") == parse_split("byrun(low=1,high=4)")


def test_capitals_change_nothing_as_the_old_editor_wrote_them():
    assert parse_split("Draining") == parse_split("draining")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nfile(3)", "there is no split type 'nfile'; there are"),
        ("nfiles", "needs n: write nfiles(n)"),
        ("nfiles()", "needs n"),
        ("nfiles(0)", "use 1 or more"),
        ("nfiles(-1)", "no whole number"),
        ("nfiles(ten)", "'ten' is no whole number"),
        ("nfiles(٣)", "no whole number"),
        ("nfiles(99999999999)", "too large"),
        ("nfiles(3,4)", "'4' is too much for nfiles"),
        ("nfiles(3,n=4)", "n twice"),
        ("nfiles(3,)", "too much"),
        ("nfiles(m=3)", "has no argument 'm': write nfiles(n)"),
        ("nfiles(3", "is no split type"),
        ("nfiles(3))", "is no split type"),
        ("nfiles 3!", "is no split type"),
        ("draining(1)", "too much"),
        ("byrun(low=9,high=3)", "there is no run between"),
        ("byrun(low==3)", "no argument 'low='"),
        ("new(window=1y)", "write a number and w, d, h, m or s"),
        ("new(window=1h,round=1d)", "shorter than its rounding"),
        ("new(round=0)", "use 1s or more"),
        ("new(localtime=maybe)", "neither 0 nor 1"),
        ("(3)", "is no split type"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence_that_helps(text, says):
    with pytest.raises(SplitError) as refused:
        parse_split(text)

    assert says in str(refused.value)
    with pytest.raises(ValidationError):
        validate_split(text)


def test_a_good_text_is_valid():
    validate_split("nfiles(10)")
    validate_split("")


def test_every_type_has_its_name_and_a_help_text():
    for name, split in SPLITS.items():
        assert split.name == name
        assert not split.__doc__.startswith(f"{split.__name__}(")


def test_only_two_types_never_end():
    assert {name for name, split in SPLITS.items() if not split.ends} == {"draining", "limitn"}


numbers = st.integers(1, 2**31 - 1)
splits = st.one_of(
    st.builds(NFiles, numbers),
    st.builds(Mod, numbers),
    st.builds(
        lambda low, more: ByRun(low, low + more), st.integers(0, 10**6), st.integers(0, 10**6)
    ),
    st.builds(
        New,
        st.booleans(),
        st.integers(100, WEEK),
        st.integers(1, 100),
        st.integers(0, WEEK),
        st.none() | st.integers(0, 2**37),
    ),
    st.sampled_from(
        [parse_split(name) for name in ("draining", "byexistingruns", "list", "multiparam")]
    ),
)


@pytest.mark.property
@given(splits)
def test_a_split_reads_back_what_it_writes(split):
    assert parse_split(str(split)) == split


@pytest.mark.property
@given(st.text(alphabet="nfilesbyrunmod()=,_0123456789 %x", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_split_or_refused_in_words(text):
    try:
        parse_split(text)
    except SplitError as refused:
        told = str(refused)
    else:
        return
    assert told

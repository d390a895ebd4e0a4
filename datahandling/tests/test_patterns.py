import pytest

from datahandling.patterns import matching, patterns
from datahandling.query import Everything, Fragment, NameLike


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%.root", ("%.root",)),
        ("a%,b%", ("a%", "b%")),
        (" a% , b% ", ("a%", "b%")),
        ("a%,b%,a%", ("a%", "b%")),
        ("a%,,b%,", ("a%", "b%")),
        ("data_tier raw,%.log", ("data_tier raw", "%.log")),
        ("", ("%",)),
        (" ", ("%",)),
        ("None", ("%",)),
        ("None,%", ("%",)),
    ],
)
def test_a_comma_list_of_patterns(text, expected):
    assert patterns(text) == expected


@pytest.mark.parametrize("pattern", ["", " ", "%", "None"])
def test_patterns_that_mean_every_file(pattern):
    assert matching(pattern) == Everything()


def test_a_pattern_without_a_blank_is_a_file_name():
    assert matching(" %reco_1.root ") == NameLike("%reco_1.root")


@pytest.mark.parametrize("pattern", ["data_tier raw", "data_tier\traw"])
def test_a_pattern_with_a_blank_is_a_condition_as_it_is(pattern):
    assert matching(pattern) == Fragment(pattern)

"""What people type into the admin's fields: pairs, mappings, lengths of time."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from campaigns.admin.forms import MappingField, PairsField, SpanField


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ('["-N ", "3"]', [["-N ", "3"]]),
        ('["-N ", "3"],\n\n["--memory=", "2000MB"]\n', [["-N ", "3"], ["--memory=", "2000MB"]]),
        ('[["-N ", "3"], ["a", "b"]]', [["-N ", "3"], ["a", "b"]]),
        ('[\n  ["-N ", "3"]\n]', [["-N ", "3"]]),
        ("[]", []),
    ],
)
def test_pairs_are_written_one_to_a_line_or_as_one_list(text, pairs):
    assert PairsField(required=False).clean(text) == pairs


def test_pairs_come_back_as_they_were_shown():
    field = PairsField(required=False)
    pairs = [["-N ", "3"], ["--käse=", 'a "b"\n%(dataset)s']]

    assert field.clean(field.prepare_value(pairs)) == pairs


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('["-N ", "3"]\n-N 3', "line 2: '-N 3' isn't JSON"),
        ('["-N "]', "line 1: '[\"-N \"]' isn't a pair"),
        ('["-N ", 3]', "isn't a pair"),
        ('{"-N ": "3"}', "isn't a pair"),
    ],
)
def test_a_bad_pair_is_named_by_its_line(text, complaint):
    with pytest.raises(ValidationError) as refused:
        PairsField().clean(text)

    assert complaint in refused.value.messages[0]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2d", timedelta(days=2)),
        ("1d 6h", timedelta(days=1, hours=6)),
        ("90m", timedelta(minutes=90)),
        ("0s", timedelta()),
        ("never", None),
        ("", None),
    ],
)
def test_a_length_of_time_is_written_with_units(text, length):
    assert SpanField(required=False).clean(text) == length


@pytest.mark.parametrize(
    "length", [timedelta(days=2), timedelta(days=1, hours=6, seconds=1), timedelta()]
)
def test_a_length_of_time_comes_back_as_it_was_shown(length):
    assert SpanField().clean(SpanField().prepare_value(length)) == length


@pytest.mark.parametrize("text", ["2", "two days", "-1d", "1d x", "d"])
def test_anything_else_is_no_length_of_time(text):
    with pytest.raises(ValidationError, match="isn't a length of time"):
        SpanField().clean(text)


def test_a_mapping_left_empty_is_an_empty_one():
    assert MappingField(required=False).clean("") == {}
    assert MappingField().prepare_value({}) == ""

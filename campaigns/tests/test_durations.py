"""Lengths of time: the admin's forms and campaign files read and write them alike."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import durations


@given(st.timedeltas(timedelta(0), timedelta(days=3659)))
def test_any_length_is_written_and_read_back(length):
    assert durations.read(durations.write(length)) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2d", timedelta(days=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        (" 1 d  12 h ", timedelta(days=1, hours=12)),
        ("2w", timedelta(weeks=2)),
        ("90m", timedelta(minutes=90)),
        ("0.25s", timedelta(milliseconds=250)),
        ("0s", timedelta()),
    ],
)
def test_a_length_is_numbers_with_units(text, length):
    assert durations.read(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "3",
        "-1d",
        "1.5d",
        "1d,6h",
        "1s 1m",
        "٣d",
        "9" * 30 + "w",
        "1000000d",
        "3661d",
    ],
)
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValueError, match=r"length of time|too long"):
        durations.read(text)

"""Windows of time: any length, one after the other without a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from submissions.figures.window import DEFAULT, Window

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def test_a_window_is_a_week_that_ends_where_one_says():
    window = Window.read({}, NOW)

    assert (window.start, window.end) == (NOW - timedelta(days=7), NOW)


@pytest.mark.parametrize(
    ("days", "length"),
    [("0.5", timedelta(hours=12)), ("30", timedelta(days=30)), ("1e-3", timedelta(seconds=86.4))],
)
def test_neighbours_are_as_long_be_it_half_a_day(days, length):
    window = Window.read({"days": days}, NOW)

    assert window.before == Window(NOW - length, length)
    assert window.after == Window(NOW + length, length)
    assert window.before.after == window


@pytest.mark.parametrize("days", ["", "x", "0", "-1", "nan", "inf", "1e999", "1e9"])
def test_a_length_that_makes_no_sense_is_a_week(days):
    assert Window.read({"days": days}, NOW).length == DEFAULT


@pytest.mark.parametrize("until", ["", "x", "2025-02-31", "2025-13-01T00:00", "0001-01-01T00:00"])
def test_an_end_that_makes_no_sense_is_the_usual_one(until):
    assert Window.read({"until": until}, NOW).end == NOW


def test_an_end_without_a_zone_is_meant_in_utc():
    window = Window.read({"until": "2025-02-01T06:30"}, NOW)

    assert window.end == datetime(2025, 2, 1, 6, 30, tzinfo=UTC)


def test_a_link_to_a_window_leads_to_it():
    window = Window(NOW, timedelta(days=0.5))

    assert window.query == "until=2025-03-01T12%3A00%3A00%2B00%3A00&days=0.5"
    assert Window.read({"until": NOW.isoformat(), "days": "0.5"}, NOW + DEFAULT) == window

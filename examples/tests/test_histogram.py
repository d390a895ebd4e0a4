import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.histogram import Histogram, Panel, binning, draw, fill, round_step, ticks

SVG = "{http://www.w3.org/2000/svg}"


def drawn(histogram, title="Mass", **kwargs):
    return ET.fromstring(draw(title, [Panel(histogram, "m [GeV]", "Events")], **kwargs))


def test_a_bin_counts_what_lies_in_it_with_the_root_of_the_count_as_its_error():
    histogram = fill([0.0, 0.5, 0.99, 1.0, 3.0, -0.1], low=0.0, width=1.0, bins=2)

    assert histogram.heights == (3.0, 1.0)
    assert histogram.errors == (math.sqrt(3), 1.0)


def test_negative_weights_lower_a_bin_and_raise_its_error():
    histogram = fill([0.5, 0.5], 0.0, 1.0, 1, weights=[2.0, -2.0])

    assert histogram.heights == (0.0,)
    assert histogram.errors == (math.sqrt(8),)


def test_scaling_keeps_the_relative_error():
    histogram = Histogram(0.0, 1.0, (4.0,), (2.0,)).scaled(-0.5)

    assert (histogram.heights, histogram.errors) == ((-2.0,), (1.0,))


@pytest.mark.property
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_the_bins_chosen_hold_every_value(values):
    low, width, bins = binning(values)

    assert sum(fill(values, low, width, bins).heights) == len(values)
    assert bins <= 30


def test_values_that_are_all_the_same_get_bins_of_their_own():
    low, width, bins = binning([44.0, 44.0])

    assert low < 44.0 < low + width * bins


def test_steps_are_one_two_or_five_times_a_power_of_ten():
    assert [round_step(size) for size in (0.9, 1.0, 1.1, 3.0, 7.0)] == [1.0, 1.0, 2.0, 5.0, 10.0]


def test_ticks_stay_within_the_axis():
    assert ticks(60.0, 120.0) == [60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0]


def test_the_drawing_is_an_svg_with_title_axes_labels_and_an_error_bar_per_filled_bin():
    root = drawn(fill([1.0, 1.1, 2.5], 0.0, 1.0, 4), note="three events")

    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"Mass", "three events", "m [GeV]", "Events", "0", "1"} <= set(texts)
    bars = [path for path in root.iter(f"{SVG}path") if path.get("stroke-width") == "1.2"]
    assert len(bars) == 2


def test_the_drawing_fetches_nothing_and_runs_nothing():
    text = draw("Mass", [Panel(fill([1.0], 0.0, 1.0, 2), "m", "n")])

    assert not any(word in text for word in ("href", "<script", "<style", "url("))


def test_names_from_files_are_shown_as_text():
    root = drawn(fill([1.0], 0.0, 1.0, 2), title="<script>&")

    assert root.find(f"{SVG}title").text == "<script>&"


def test_large_numbers_are_written_with_a_power_of_ten():
    root = drawn(Histogram(0.0, 1.0, (3e9,), (1e8,)))

    assert "Events  × 10⁹" in [text.text for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("heights", [(0.0, 0.0), (-3.0, 2.0), (-1.0, -1.0), (1e-19, 2e-19)])
def test_any_heights_can_be_drawn(heights):
    root = drawn(Histogram(0.0, 1.0, heights, tuple(abs(h) / 2 for h in heights)))

    assert "nan" not in ET.tostring(root, encoding="unicode")

import math
import xml.etree.ElementTree as ET

import pytest

from examples.lhe.combine import normalised, picture, rows, samples, without_duplicates
from examples.lhe.make_lhe import document
from examples.lhe.report import write
from examples.lhe.summary import summarise


@pytest.fixture
def summary(tmp_path):
    def _summary(name, seed, events=20, energy=5.0):
        path = tmp_path / name
        path.write_text("\n".join(document(events, seed, energy)))
        return summarise(path)

    return _summary


def with_cross_section(summary, value, error):
    stated = {"value": value, "error": error, "unit": "pb"} if value else None
    return {**summary, "processes": [{**summary["processes"][0], "cross_section": stated}]}


def test_a_file_of_the_same_events_is_a_duplicate_under_any_name(summary):
    first, same, other = summary("a.lhe", 1), summary("b.lhe", 1), summary("c.lhe", 2)

    distinct, duplicates = without_duplicates([first, same, other])

    assert [one["file"] for one in distinct] == ["a.lhe", "c.lhe"]
    assert duplicates == {"b.lhe": "a.lhe"}


def test_the_table_names_the_duplicate_and_lists_it_all_the_same(summary):
    table = rows([summary("a.lhe", 1), summary("b.lhe", 1)])

    assert [(row["file"], row["duplicate_of"]) for row in table] == [
        ("a.lhe", ""),
        ("b.lhe", "a.lhe"),
    ]


def test_files_of_one_generation_are_one_sample_and_share_their_cross_section(summary):
    first, second = summary("a.lhe", 1), summary("b.lhe", 2)

    (sample,) = samples([first, second])

    assert len(sample.values["weight"]) == 40
    assert sample.cross_section == first["processes"][0]["cross_section"]


def test_equal_process_numbers_at_other_energies_stay_apart(summary):
    assert len(samples([summary("a.lhe", 1), summary("b.lhe", 2, energy=6.0)])) == 2


@pytest.mark.parametrize(("value", "error"), [(None, None), (1.0, 1.0)])
def test_files_that_do_not_know_their_cross_section_stay_apart(summary, value, error):
    pair = [with_cross_section(summary(f"{seed}.lhe", seed), value, error) for seed in (1, 2)]

    assert [sample.files for sample in samples(pair)] == [("1.lhe",), ("2.lhe",)]


def test_the_area_under_a_histogram_is_the_cross_section(summary):
    (sample,) = samples([summary("a.lhe", 1)])

    histogram, label = normalised(sample, "leading_pt_gev", "pT")

    area = math.fsum(histogram.heights) * histogram.width
    assert area == pytest.approx(sample.cross_section["value"])
    assert label == "dσ/dpT [pb/GeV]"


def test_without_a_usable_cross_section_the_histogram_shows_weights(summary):
    (sample,) = samples([with_cross_section(summary("a.lhe", 1), 1.0, 1.0)])

    histogram, label = normalised(sample, "leading_pt_gev", "pT")

    assert math.fsum(histogram.heights) == 20.0
    assert label.startswith("Sum of weights / ")


def test_the_picture_says_what_it_is_made_of(summary):
    (sample,) = samples([summary("a.lhe", 1), summary("b.lhe", 2), summary("c.lhe", 3)])

    text = ET.tostring(ET.fromstring(picture(sample)), encoding="unicode")

    assert "60 events" in text
    assert "a.lhe, b.lhe and 1 more" in text


def test_the_report_is_a_table_twice_and_one_picture_per_process(summary, tmp_path):
    written = write(
        [summary("b.lhe", 2), summary("a.lhe", 1)], lambda name: tmp_path / f"report-1-{name}"
    )

    assert [path.name for path in written] == [
        "report-1-table.csv",
        "report-1-table.json",
        "report-1-a-process1.svg",
    ]
    assert (tmp_path / "report-1-table.csv").read_text().splitlines()[1].startswith("a.lhe,")

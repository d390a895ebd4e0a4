"""The eleven files of scikit-hep-testdata that POMS_LHE_DIR points to, quirks and all."""

import csv
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from examples.lhe.lhef import LheError
from examples.lhe.report import write
from examples.lhe.summary import summarise

EVENTS = {
    "madgraph-2.0.0-wbj.lhe": 59,
    "powheg-box-v2-W.lhe": 100,
    "powheg-box-v2-Z.lhe": 100,
    "powheg-box-v2-Zj.lhe": 100,
    "powheg-box-v2-hvq.lhe": 6,
    "powheg-box-v2-trijet.lhe": 100,
    "pr180.lhe": 10,
    "pythia-6.413-ttbar.lhe": 100,
    "pythia-8.3.14-weakbosons.lhe": 100,
    "sherpa-3.0.1-eejjj.lhe": 100,
    "testlhef3.lhe": 59,
}


@pytest.fixture(scope="module")
def directory():
    named = os.environ.get("POMS_LHE_DIR")
    if not named:
        stop = pytest.fail if os.environ.get("POMS_REQUIRE_ALL") == "1" else pytest.skip
        stop("set POMS_LHE_DIR to a directory with the Les Houches files of scikit-hep-testdata")
    return Path(named)


@pytest.fixture(scope="module")
def summaries(directory):
    return {name: summarise(directory / name) for name in EVENTS}


def test_every_file_is_read_to_its_end(summaries):
    assert {name: summary["events"] for name, summary in summaries.items()} == EVENTS


@pytest.mark.parametrize(
    ("name", "generator", "value", "error"),
    [
        ("powheg-box-v2-Z.lhe", "POWHEG-BOX-V2", 1205.36, 1.73235),
        ("pr180.lhe", "MadGraph5_aMC@NLO 3.4.2", 2.894732e-19, 9.713655e-22),
        ("pythia-8.3.14-weakbosons.lhe", "Pythia 8 (LHAup)", 48.76776, 2.195044),
        ("sherpa-3.0.1-eejjj.lhe", "SHERPA 3.0.1", 1.0, 1.0),
    ],
)
def test_cross_sections_are_as_the_generator_states_them(summaries, name, generator, value, error):
    assert summaries[name]["generator"] == generator
    assert summaries[name]["cross_section"] == {"value": value, "error": error, "unit": "pb"}


def test_two_processes_of_one_file_add_up(summaries):
    ttbar = summaries["pythia-6.413-ttbar.lhe"]

    assert [process["id"] for process in ttbar["processes"]] == [81, 82]
    assert [process["events"] for process in ttbar["processes"]] == [94, 6]
    assert ttbar["cross_section"]["value"] == pytest.approx(5.220106 + 0.2602564)


def test_a_cross_section_of_minus_one_is_unknown(summaries):
    trijet = summaries["powheg-box-v2-trijet.lhe"]

    assert trijet["cross_section"] is None
    assert trijet["notes"] == ["process 10001: the cross section is unknown"]


def test_weights_of_the_sherpa_file_are_seen_not_to_be_what_it_says(summaries):
    assert summaries["sherpa-3.0.1-eejjj.lhe"]["notes"] == [
        "process 1: the error is as large as the cross section",
        "weights other than ±1, though <init> says that all are",
    ]


def test_the_final_state_of_a_z_is_no_lighter_than_the_z(summaries):
    mass = summaries["powheg-box-v2-Z.lhe"]["processes"][0]["invariant_mass"]

    assert 85.0 < mass["min"] < 95.0
    assert mass["unit"] == "GeV"


def test_a_file_that_is_cut_short_is_refused_by_name(directory, tmp_path):
    cut = tmp_path / "cut.lhe"
    cut.write_bytes((directory / "pr180.lhe").read_bytes()[:30_000])

    with pytest.raises(LheError, match=r"^cut\.lhe, line \d+: "):
        summarise(cut)


def test_the_report_counts_the_events_that_two_files_share_once(summaries, tmp_path):
    written = write(list(summaries.values()), lambda name: tmp_path / f"report-{name}")

    with (tmp_path / "report-table.csv").open(newline="") as lines:
        table = list(csv.DictReader(lines))
    assert len(table) == 12  # eleven files, one of them with two processes
    assert {row["file"]: row["duplicate_of"] for row in table if row["duplicate_of"]} == {
        "testlhef3.lhe": "madgraph-2.0.0-wbj.lhe"
    }
    pictures = [path for path in written if path.suffix == ".svg"]
    assert len(pictures) == 11
    for path in pictures:
        ET.parse(path)

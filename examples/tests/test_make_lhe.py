import random
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from examples.lhe.lhef import LheError
from examples.lhe.make_lhe import cos_theta, cross_section_pb
from examples.lhe.summary import summarise

CHECKOUT = Path(__file__).resolve().parents[2]


def make(directory, *options):
    command = [sys.executable, "-m", "examples.lhe.make_lhe", str(directory), *options]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=60)
    return sorted(directory.iterdir())


def test_the_cross_section_is_the_86_8_nb_gev2_over_s_of_the_textbooks():
    assert cross_section_pb(5.0) == pytest.approx(86.8e3 / 10.0**2, rel=1e-3)


def test_the_muons_are_distributed_as_one_plus_cos_squared():
    rng = random.Random(3)

    squares = [cos_theta(rng, 5.0) ** 2 for _ in range(20_000)]

    assert statistics.fmean(squares) == pytest.approx(0.4, abs=0.01)


def test_the_files_can_be_read_and_differ(tmp_path):
    summaries = [summarise(path) for path in make(tmp_path, "--files", "2", "--events", "10")]

    assert [summary["events"] for summary in summaries] == [10, 10]
    assert summaries[0]["digest"] != summaries[1]["digest"]
    assert summaries[0]["notes"] == []


def test_energy_is_conserved_to_the_digits_written(tmp_path):
    (path,) = make(tmp_path, "--files", "1", "--events", "10")

    mass = summarise(path)["processes"][0]["invariant_mass"]

    assert mass["min"] == pytest.approx(10.0, abs=1e-8)
    assert mass["max"] == pytest.approx(10.0, abs=1e-8)


def test_a_broken_file_is_made_when_asked_for(tmp_path):
    broken = make(tmp_path, "--files", "1", "--events", "10", "--broken")[0]

    assert broken.name == "cut-short.lhe"
    with pytest.raises(LheError, match=r"cut-short\.lhe, line \d+"):
        summarise(broken)

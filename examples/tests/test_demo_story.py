"""The demo's files are hard in just the way its story needs."""

import json
import random
import threading
import time
import xml.etree.ElementTree as ET

import pytest

from examples.demo import gen, merge, plots, reco, sim
from examples.demo.detector import simulate
from examples.demo.events import encode, read
from examples.tests.test_campaign_files import named, parsed

JOBS, SLICE = 12, 4
DEMO = "examples/demo/campaign.ini"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files that the twelve jobs of gen make, by index."""
    folder = tmp_path_factory.mktemp("gen")
    paths = [folder / f"gen-1-{index:02}.jsonl.gz" for index in range(JOBS)]
    for index, path in enumerate(paths):
        path.write_bytes(gen.content(index, events=events_asked_for(), seed="1")[0])
    return paths


def events_asked_for():
    ((_, events),) = json.loads(named(parsed(DEMO), "job_type")["demo gen"]["parameters"])
    return int(events)


def memory_given():
    sim_type = named(parsed(DEMO), "job_type")["demo sim"]
    ((_, first),) = json.loads(sim_type["parameters"])
    ((_, ((_, recovered),)),) = json.loads(sim_type["recoveries"])
    return int(first), int(recovered)


def memory_of(path):
    try:
        return sim.memory_needed(len(sim.load(path)))
    except sim.Damaged:
        return None


def test_in_each_slice_one_file_fails_at_first(made):
    first, _ = memory_given()

    works = [(memory_of(path) or first + 1) <= first for path in made]

    assert [works[start : start + SLICE].count(False) for start in range(0, JOBS, SLICE)] == [1] * 3


def test_the_recovery_cures_all_but_the_damaged_one(made):
    _, recovered = memory_given()

    beyond = [path.name for path in made if (memory_of(path) or recovered + 1) > recovered]

    assert beyond == ["gen-1-11.jsonl.gz"]


def test_a_damaged_file_is_named(made):
    with pytest.raises(sim.Damaged, match=r"gen-1-11\.jsonl\.gz can't be read"):
        sim.load(made[11])


def test_a_job_that_runs_again_makes_the_very_same_file(made):
    assert gen.content(5, events_asked_for(), seed="1")[0] == made[5].read_bytes()
    assert gen.content(5, events_asked_for(), seed="2")[0] != made[5].read_bytes()


def test_output_is_named_after_its_submission_and_the_number_of_its_input():
    assert sim.output_name("gen-12-03.jsonl.gz", "15") == "sim-15-03.jsonl.gz"


def test_files_are_declared_in_order_however_the_jobs_run(tmp_path):
    declared = []

    def take_turn(index):
        gen.wait_for_turn(index, tmp_path)
        declared.append(index)
        gen.mark_declared(index, tmp_path)

    threads = [threading.Thread(target=take_turn, args=(index,)) for index in (2, 1, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert declared == [0, 1, 2]


def test_a_job_before_that_never_ends_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(gen, "PATIENCE_SECONDS", 0.05)

    begun = time.monotonic()
    gen.wait_for_turn(3, tmp_path)

    assert time.monotonic() - begun < 5


def test_from_events_to_a_plot(made, tmp_path):
    tables = []
    for number in (0, 1):
        simulated = tmp_path / f"sim-2-{number:02}.jsonl.gz"
        simulated.write_bytes(encode(simulate(read(made[number]), random.Random(number))))
        tables.append(tmp_path / f"reco-3-{number:02}.csv")
        reco.write(tables[-1], reco.reconstruct(read(simulated)))

    count = merge.merge(tables, tmp_path / "merge-4.csv")
    values = plots.masses(tmp_path / "merge-4.csv")

    assert len(values) == count > 100
    drawing = ET.fromstring(plots.picture(values, low=60.0, high=120.0, bins=60))
    assert "Candidates / 1 GeV" in [text.text for text in drawing.iter() if text.text]

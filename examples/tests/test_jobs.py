"""The scripts as the batch runs them: processes that speak to a POMS over HTTP."""

import json
import os
import signal
import subprocess
import sys

import pytest

from examples.lhe.make_lhe import document
from examples.tests.test_make_lhe import CHECKOUT
from poms_client.tests.fake_poms import FakePoms


@pytest.fixture
def poms():
    fake = FakePoms()
    yield fake
    fake.stop()


@pytest.fixture
def run(poms, tmp_path):
    """Run one job of a submission over these files; return how it ended."""
    token = tmp_path / "token"
    token.write_text("secret")

    def _run(module, *options, files=(), submission=1, index=0):
        poms.project_files = [{"name": f.name, "locations": [f.as_uri()]} for f in files]
        environment = {name: os.environ[name] for name in os.environ if not name.startswith("POMS")}
        environment |= {
            "PYTHONPATH": str(CHECKOUT),
            "POMS_URL": poms.url,
            "POMS_JOB_TOKEN_FILE": str(token),
            "POMS4_SUBMISSION_ID": str(submission),
            "POMS_PROJECT": f"poms_{submission}",
            "POMS_JOB_INDEX": str(index),
            "POMS_OUTPUT_DIR": str(tmp_path / f"out-{submission}"),
        }
        command = [sys.executable, "-m", f"examples.{module}", *options]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return _run


@pytest.fixture
def output(tmp_path):
    def _output(submission, pattern="*"):
        return sorted((tmp_path / f"out-{submission}").glob(pattern))

    return _output


def declared(poms):
    return {file["name"]: file["parents"] for file in poms.declared}


def test_the_demo_runs_from_stage_to_stage(poms, run, output):
    assert run("demo.gen", "--events=40", submission=1).returncode == 0
    assert run("demo.sim", files=output(1, "gen-*"), submission=2).returncode == 0
    assert run("demo.reco", files=output(2), submission=3).returncode == 0
    assert run("demo.merge", files=output(3), submission=4).returncode == 0
    assert run("demo.plots", files=output(4), submission=5).returncode == 0

    assert declared(poms) == {
        "gen-1-00.jsonl.gz": [],
        "sim-2-00.jsonl.gz": ["gen-1-00.jsonl.gz"],
        "reco-3-00.csv": ["sim-2-00.jsonl.gz"],
        "merge-4.csv": ["reco-3-00.csv"],
        "plots-5-dimuon-mass.svg": ["merge-4.csv"],
    }
    assert [(verb, name) for verb, name, _ in poms.said] == [
        ("done", name) for name in list(declared(poms))[:-1]
    ]


def test_a_job_over_its_memory_dies_without_a_word_and_lives_with_more(poms, run, output):
    run("demo.gen", "--events=40", submission=1)

    killed = run("demo.sim", "--memory=610", files=output(1, "gen-*"), submission=2)

    assert killed.returncode == -signal.SIGKILL
    assert "takes 613 MB of 610 MB" in killed.stderr
    assert poms.said == []
    assert run("demo.sim", "--memory=620", files=output(1, "gen-*"), submission=3).returncode == 0


def test_what_goes_into_one_output_is_not_done_before_that_is_declared(poms, run, output, tmp_path):
    table, events = tmp_path / "reco.csv", tmp_path / "a.lhe"
    table.write_text("event\n")
    events.write_text("\n".join(document(10, 1)))
    run("lhe.read", files=[events], submission=1)

    for module, file in [("demo.merge", table), ("lhe.report", output(1)[0])]:
        poms.said, poms.declared = [], []
        poms.failing = [None, None, 400]  # one file; no more; its output can't be declared

        assert run(module, files=[file], submission=2).returncode == 1

        assert poms.declared == []
        assert [(verb, name) for verb, name, _ in poms.said] == [("failed", file.name)]


def test_a_job_takes_one_file_and_leaves_the_others_to_the_others(poms, run, output):
    run("demo.gen", "--events=40", submission=1, index=0)
    run("demo.gen", "--events=40", submission=1, index=1)

    run("demo.sim", files=output(1, "gen-*"), submission=2)

    assert [file["name"] for file in poms.project_files] == ["gen-1-01.jsonl.gz"]
    assert [(verb, name) for verb, name, _ in poms.said] == [("done", "gen-1-00.jsonl.gz")]


def test_a_job_that_finds_no_file_left_ends_well(poms, run):
    assert run("demo.sim", files=[]).returncode == 0


def test_a_damaged_file_is_told_to_poms(poms, run, tmp_path):
    damaged = tmp_path / "gen-1-11.jsonl.gz"
    damaged.write_bytes(b"no gzip")

    assert run("demo.sim", files=[damaged], submission=2).returncode == 1

    ((verb, name, said),) = poms.said
    assert (verb, name) == ("failed", "gen-1-11.jsonl.gz")
    assert "gen-1-11.jsonl.gz can't be read" in said["why"]
    assert poms.declared == []


def test_les_houches_files_end_in_a_report(poms, run, output, tmp_path):
    files = [tmp_path / "a.lhe", tmp_path / "b.lhe"]
    for seed, file in enumerate(files):
        file.write_text("\n".join(document(10, seed)))

    for file in files:
        assert run("lhe.read", files=[file], submission=1).returncode == 0
    assert run("lhe.report", files=output(1), submission=2).returncode == 0

    assert [path.name for path in output(2)] == [
        "report-2-a-process1.svg",
        "report-2-table.csv",
        "report-2-table.json",
    ]
    assert len(json.loads((tmp_path / "out-2" / "report-2-table.json").read_text())) == 2
    assert declared(poms)["report-2-table.csv"] == ["lhe-1-a.lhe.json", "lhe-1-b.lhe.json"]


def test_a_les_houches_file_that_cannot_be_read_is_told_with_its_line(poms, run, tmp_path):
    cut = tmp_path / "cut.lhe"
    cut.write_text("\n".join(list(document(10, 1))[:20]))

    assert run("lhe.read", files=[cut]).returncode == 1

    ((verb, name, said),) = poms.said
    assert (verb, name) == ("failed", "cut.lhe")
    assert "cut.lhe, line 20: the file ends inside an event" in said["why"]

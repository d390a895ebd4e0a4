"""The demo's launches and jobs as they speak to SAM."""

import os
import signal
import subprocess
import sys

import pytest

from examples.tests.test_make_lhe import CHECKOUT
from poms_client.testing.sam import SamServer, definitions, files, summaries


@pytest.fixture(scope="module")
def server():
    with SamServer() as running:
        yield running


@pytest.fixture
def store(server):
    return server.store("demo")


@pytest.fixture
def run(server, tmp_path):
    """Run something of a submission, as POMS and its batch do; return how it ended."""

    def _run(module, *options, submission, dataset="", project="", index=0, attempt=1):
        environment = {name: os.environ[name] for name in os.environ if not name.startswith("POMS")}
        environment |= {
            "PYTHONPATH": str(CHECKOUT),
            "SOFTWARE_VERSION": "v1_0",
            "SAM_WEB_BASE_URL": server.api("demo"),
            "JOBSUBJOBID": f"{submission}.{index}@local",
            "POMS4_SUBMISSION_ID": str(submission),
            "POMS4_CAMPAIGN_STAGE_NAME": module,
            "POMS_ATTEMPT": str(attempt),
            "POMS_DATASET": dataset,
            "POMS_PARENT_TASK_ID": "",
            "POMS_PROJECT": project,
            "POMS_JOB_INDEX": str(index),
            "POMS_OUTPUT_DIR": str(tmp_path / f"out-{submission}"),
        }
        command = [sys.executable, "-m", f"examples.{module}", *options]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return _run


@pytest.fixture
def launch(run):
    """Start a submission's project, and return what `poms submit` is told."""

    def _launch(submission, dataset, jobs="files", attempt=1):
        ended = run("sam", jobs, submission=submission, dataset=dataset, attempt=attempt)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.split()

    return _launch


@pytest.fixture
def project_of(launch, store):
    """Define a dataset of these files, and start a submission's project over it."""

    def _project_of(submission, *names):
        dataset = f"input_of_{submission}"
        definitions.create(store, dataset, f"file_name {','.join(names)}")
        return launch(submission, dataset)[1]

    return _project_of


def counts(store, project):
    told = summaries.summary(store, project)["file_counts"]
    return {status: count for status, count in told.items() if count}


def test_a_launch_starts_a_project_and_has_a_job_for_each_file(launch, store):
    for name in ("a", "b", "lost"):
        files.declare(store, {"file_name": name, "locations": [] if name == "lost" else ["/data"]})
    definitions.create(store, "letters", "file_name a,b,lost")

    assert launch(90, "letters") == ["--project", "letters_90_1", "-N", "2"]
    assert launch(90, "letters", jobs="1") == ["--project", "letters_90_1", "-N", "1"]
    assert launch(90, "letters", attempt=2) == ["--project", "letters_90_2", "-N", "2"]


def test_a_launch_without_a_dataset_starts_none(launch):
    assert launch(91, "", jobs="12") == ["-N", "12"]


def test_a_launch_whose_project_cant_be_started_submits_nothing(run):
    ended = run("sam", "files", submission=92, dataset="nosuch")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "Dataset definition 'nosuch' not found" in ended.stderr


def test_the_demo_runs_from_stage_to_stage(run, store, project_of):
    inputs = ["gen-1-00.jsonl.gz", "sim-2-00.jsonl.gz", "reco-3-00.csv", "merge-4.csv"]

    assert run("demo.gen", "--events=40", submission=1).returncode == 0
    for submission, (stage, name) in enumerate(
        zip(["sim", "reco", "merge", "plots"], inputs, strict=True), start=2
    ):
        project = project_of(submission, name)
        ended = run(f"demo.{stage}", submission=submission, project=project)
        assert ended.returncode == 0, ended.stderr
        assert counts(store, project) == {"completed": 1}

    outputs = [*inputs[1:], "plots-5-dimuon-mass.svg"]
    for name, parent in zip(outputs, inputs, strict=True):
        assert [each["file_name"] for each in files.describe(store, name)["parents"]] == [parent]
    assert "parents" not in files.describe(store, inputs[0])


def test_outputs_say_what_poms_finds_them_by(run, store):
    run("demo.gen", "--events=40", submission=11)

    assert store.names("defname: poms_depends_11_1 and version v1_0") == ["gen-11-00.jsonl.gz"]
    told = files.describe(store, "gen-11-00.jsonl.gz")
    assert (told["data_tier"], told["event_count"]) == ("generated", 40)


def test_a_killed_job_leaves_its_file_delivered_and_a_damaged_one_is_skipped(
    run, store, project_of, tmp_path
):
    run("demo.gen", "--events=40", submission=21)
    name = "gen-21-00.jsonl.gz"
    project = project_of(22, name)

    killed = run("demo.sim", "--memory=610", submission=22, project=project, index=3)

    assert killed.returncode == -signal.SIGKILL
    assert counts(store, project) == {"delivered": 1}
    (process,) = summaries.summary(store, project)["processes"]
    assert (process["status"], process["node"]) == ("active", "22.3@local")

    (tmp_path / "out-21" / name).write_bytes(b"no gzip")
    project = project_of(23, name)
    assert run("demo.sim", submission=23, project=project).returncode == 1
    assert counts(store, project) == {"skipped": 1}


def test_one_job_takes_all_files_of_a_merge(run, store, project_of):
    for index in range(2):
        run("demo.gen", "--events=40", submission=31, index=index)
    names = [f"gen-31-{index:02}.jsonl.gz" for index in range(2)]
    for submission, stage in ((32, "sim"), (33, "reco")):
        project = project_of(submission, *names)
        for _ in names:
            run(f"demo.{stage}", submission=submission, project=project)
        names = store.names(f"ischildof:( file_name {','.join(names)} )")

    project = project_of(34, *names)
    assert run("demo.merge", submission=34, project=project).returncode == 0

    assert len(names) == 2
    assert counts(store, project) == {"completed": 2}
    assert len(files.describe(store, "merge-34.csv")["parents"]) == 2


def test_a_job_that_finds_no_file_left_ends_well(run, store, project_of):
    run("demo.gen", "--events=40", submission=41)
    project = project_of(42, "gen-41-00.jsonl.gz")
    for _ in range(2):
        assert run("demo.sim", submission=42, project=project).returncode == 0

    assert summaries.summary(store, project)["process_counts"] == {"completed": 2}

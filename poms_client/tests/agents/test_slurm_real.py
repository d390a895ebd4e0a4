"""The agent beside a real Slurm: what squeue and sacct really print."""

import itertools
import os

import pytest

from poms_client.agents.slurm import SlurmSource
from poms_client.tests.fake_poms import until

pytestmark = [pytest.mark.real, pytest.mark.slow]
numbers = itertools.count(40_001)


@pytest.fixture
def submit(slurm, tmp_path, monkeypatch):
    """Submit an array of jobs that run this shell command; return the submission."""
    monkeypatch.setenv("PATH", f"{slurm.path}:{os.environ['PATH']}")

    def _submit(shell, *options):
        number = next(numbers)
        comment = f"--comment=POMS4_SUBMISSION_ID={number} POMS_ATTEMPT=1"
        output = f"--output={tmp_path}/%j.out"
        slurm.run("sbatch", comment, output, *options, f"--wrap={shell}", cwd=tmp_path)
        return number

    return _submit


@pytest.fixture
def seen():
    source = SlurmSource()

    def _seen(submission, status):
        def said():
            reports = source.look().reports
            ours = [r for r in reports if r["submission_id"] == submission]
            return next((r for r in ours if r["status"] == status), None)

        return until(said, 60)

    return _seen


def test_an_array_is_followed_to_its_exit_codes(slurm, submit, seen):
    submission = submit("sleep 2; exit $SLURM_ARRAY_TASK_ID", "--array=0-2")

    running = seen(submission, "Running")
    ended = seen(submission, "Failed")

    assert running["jobs"]["submitted"] == 3
    assert running["jobsub_job_id"].endswith(f"@{slurm.cluster}")
    assert ended["pct_complete"] == 100.0
    assert ended["jobs"]["by_exit_code"] == {"0": 1, "1": 1, "2": 1}
    assert ended["jobs"]["wall_seconds"] >= 3


def test_a_held_array_is_counted_and_its_removal_is_told(slurm, submit, seen):
    submission = submit("sleep 600", "--array=0-9", "--hold")
    held = seen(submission, "Held")
    job = held["jobsub_job_id"].partition("@")[0]

    slurm.run("scancel", job)

    assert held["jobs"]["held"] == 10
    assert "JobHeldUser" in held["jobs"]["held_reasons"]
    assert seen(submission, "Removed")["jobs"]["cancelled"] == 10

"""The wrapper on a real Slurm: comments, control, failures, and kills at each step."""

import itertools
import json
import os
import signal

import pytest

from poms_client.tests.fake_poms import until

pytestmark = [pytest.mark.real, pytest.mark.slow]
numbers = itertools.count(70_001)


@pytest.fixture
def submission(environment, slurm, monkeypatch):
    number = next(numbers)
    monkeypatch.setenv("PATH", f"{slurm.path}:{os.environ['PATH']}")
    monkeypatch.setenv("POMS_BATCH_SYSTEM", "slurm")
    monkeypatch.setenv("POMS4_SUBMISSION_ID", str(number))
    return number


@pytest.fixture
def states(slurm, submission):
    """The states of the submission's jobs, as the accounts say them."""

    def _states():
        said = slurm.run(
            "sacct", "-nPX", "-S", "1971-01-01", "-E", "2100-01-01", "-o", "State,Comment"
        )
        rows = [line.split("|") for line in said.stdout.splitlines()]
        return sorted(state.split()[0] for state, tag in rows if str(submission) in tag)

    return _states


def found(run, submission):
    done = run("find", "--tag", submission, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["jobs"]


def test_jobs_are_submitted_with_their_comment_and_environment(
    run, poms, submission, states, tmp_path
):
    assert found(run, submission) == []

    done = run("submit", "-N", 2, "-e", "MODE=it's $(fast), so", "--", "sh", "-c", SHOW)

    assert done.returncode == 0, done.stderr
    until(lambda: states() == ["COMPLETED", "COMPLETED"], 30)
    [cluster] = found(run, submission)
    number = cluster["jobsub_job_id"].partition("@")[0]
    assert cluster == {"jobsub_job_id": f"{number}@local", "attempt": 1, "jobs": 2}
    assert f"Use job id {number}.0@local to retrieve output" in done.stdout
    assert poms.last_report(submission)["jobsub_job_id"] == f"{number}@local"
    assert poms.last_report(submission)["jobs"] == {"submitted": 2}
    said = (tmp_path / f"poms_{submission}.{number}.1.out").read_text()
    assert said == f"{submission} it's $(fast), so 1 {number}.1@local none\n"


SHOW = 'echo $POMS4_SUBMISSION_ID "$MODE" $PROCESS $JOBSUBJOBID ${POMS_LAUNCH_TOKEN_FILE:-none}'


def test_a_failed_job_says_so(run, submission, states):
    run("submit", "--", "sh", "-c", "exit 9")

    until(lambda: states() == ["FAILED"], 30)


def test_jobs_that_wait_are_held_and_released_and_all_are_removed(run, submission, slurm, states):
    run("submit", "-N", 2, "--line=--begin=now+1hour", "--", "sleep", 600)

    assert "scontrol hold" in run("hold", "--tag", submission).stdout
    [lead] = [each["jobsub_job_id"].partition("@")[0] for each in found(run, submission)]
    assert "JobHeld" in slurm.run("squeue", "-h", "-j", lead, "-o", "%r").stdout
    assert "scontrol release" in run("release", "--tag", submission).stdout
    assert "JobHeld" not in slurm.run("squeue", "-h", "-j", lead, "-o", "%r").stdout
    assert "scancel" in run("kill", "--tag", submission).stdout
    until(lambda: set(states()) == {"CANCELLED"}, 30)
    assert "no such jobs" in run("kill", "--tag", submission).stderr


def test_a_script_of_ones_own_is_tagged(run, submission, states, tmp_path):
    (tmp_path / "own.sh").write_text("#!/bin/sh\n#SBATCH --job-name=mine\nexit 0\n")

    assert run("submit", "--description", "own.sh").returncode == 0
    until(lambda: states() == ["COMPLETED"], 30)


def test_a_dag_is_refused_before_anything_is_submitted(run, submission):
    done = run("submit", "--dag", "flow.dag")

    assert done.returncode == 2
    assert "--description" in done.stderr
    assert found(run, submission) == []


def test_without_its_accounts_slurm_has_not_said_no(run, submission, slurm, tmp_path):
    for name in ("squeue", "scontrol"):
        (tmp_path / name).symlink_to(slurm.path / name)
    (tmp_path / "sacct").write_text("#!/bin/sh\necho accounting is down >&2\nexit 1\n")
    (tmp_path / "sacct").chmod(0o755)

    done = run("find", "--tag", submission, PATH=f"{tmp_path}:/usr/bin:/bin")

    assert done.returncode == 4
    assert "accounting is down" in done.stderr


@pytest.mark.crash
@pytest.mark.parametrize(
    ("where", "submitted"),
    [("after-leave", 0), ("before-submit", 0), ("after-submit", 1), ("after-report", 1)],
)
def test_a_wrapper_killed_at_any_step_leaves_one_cluster_or_none(run, submission, where, submitted):
    killed = run("submit", "-N", 2, "--", "true", POMS_CRASH_AT=where)

    assert killed.returncode == -signal.SIGKILL
    assert [each["jobs"] for each in found(run, submission)] == [2] * submitted

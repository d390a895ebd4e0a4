"""The ``jobsub_submit`` shim before a real jobsub, and ``poms submit --jobsub``."""

import itertools
import json
import os
import signal
from pathlib import Path

import pytest

from poms_client.tests.fake_poms import until

pytestmark = [pytest.mark.real, pytest.mark.slow]
numbers = itertools.count(50_001)


@pytest.fixture
def submission(environment, condor, jobsub_path, monkeypatch):
    """A launch that submits by jobsub, to the session's pool."""
    number = next(numbers)
    monkeypatch.setenv("PATH", f"{jobsub_path}:{condor.path}:{os.environ['PATH']}")
    monkeypatch.setenv("POMS_BATCH_SYSTEM", "jobsub")
    monkeypatch.setenv("POMS_CONDOR_SCHEDDS", condor.schedd)
    monkeypatch.setenv("POMS4_SUBMISSION_ID", str(number))
    monkeypatch.setenv("JOBSUB_GROUP", "nova")
    yield number
    condor.run("condor_rm", "-constraint", f"POMS4_SUBMISSION_ID == {number}", check=False)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "job.sh"
    path.write_text('#!/bin/sh\necho "$1 $(cat $POMS_JOB_TOKEN_FILE)"; exit $2\n')
    return f"file://{path}"


@pytest.fixture
def over(condor, submission):
    def _over(count):
        about = f"POMS4_SUBMISSION_ID == {submission} && JobUniverse != 7"
        said = ["condor_history", "-constraint", about, "-json"]
        return until(
            lambda: len(all_ := json.loads(condor.run(*said).stdout)) == count and all_, 60
        )

    return _over


def found(run, submission):
    return json.loads(run("find", "--tag", submission, "--json").stdout)["jobs"]


def test_the_shim_has_the_real_jobsub_submit_tagged_jobs_once(
    run, poms, submission, script, over, condor
):
    done = run("-N", 2, "-e", "MODE=x", script, "a", 3, program="jobsub_submit")

    assert done.returncode == 0, done.stderr
    jobs = over(2)
    cluster = jobs[0]["ClusterId"]
    assert done.stdout.count(f"Use job id {cluster}.0@{condor.schedd} to retrieve output") == 1
    assert poms.last_report(submission)["jobsub_job_id"] == f"{cluster}@{condor.schedd}"
    assert poms.last_report(submission)["jobs"] == {"submitted": 2}
    assert {(job["POMS_TASK_ID"], job["POMS_ATTEMPT"], job["ExitCode"]) for job in jobs} == {
        (submission, 1, 3)
    }
    output = Path(jobs[0]["Iwd"], jobs[0]["Out"])
    assert output.read_text() == "a job-secret\n"
    lead = {"jobsub_job_id": f"{cluster}@{condor.schedd}", "attempt": 1, "jobs": 2}
    assert found(run, submission) == [lead]
    assert run("-N", 2, script, program="jobsub_submit").returncode == 3  # leave was taken
    assert found(run, submission) == [lead]


def test_a_plain_command_is_submitted_by_a_script(run, poms, submission, over):
    done = run("submit", "-N", 2, "-e", "CODE=4", "--", "sh", "-c", 'exit "$CODE"')

    assert done.returncode == 0, done.stderr
    assert [job["ExitCode"] for job in over(2)] == [4, 4]
    assert poms.last_report(submission)["jobs"] == {"submitted": 2}


def test_a_dag_of_jobsub_is_one_cluster(run, poms, submission, script, over, condor):
    done = run("-N", 3, "--maxConcurrent", 2, script, "a", program="jobsub_submit")

    assert done.returncode == 0, done.stderr
    leader = over(3)[0]["DAGManJobId"]
    assert poms.last_report(submission)["jobsub_job_id"] == f"{leader}@{condor.schedd}"
    assert "jobs" not in poms.last_report(submission)
    assert [each["jobs"] for each in found(run, submission)] == [3]


def test_jobs_are_held_released_and_removed_by_jobsub(run, submission, tmp_path, over, condor):
    (tmp_path / "long.sh").write_text("sleep 600\n")
    done = run("submit", "--jobsub", "--", f"file://{tmp_path}/long.sh")
    assert done.returncode == 0, done.stderr

    assert "held" in run("hold", "--tag", submission).stdout
    assert "released" in run("release", "--tag", submission).stdout
    assert "removal" in run("kill", "--tag", submission).stdout
    assert [job["JobStatus"] for job in over(1)] == [3]


def test_a_jobsub_that_fails_quietly_is_found_out(run, poms, submission, script):
    done = run("-l", "+Broken = (", script, program="jobsub_submit")

    assert done.returncode == 7
    assert "named no job id" in done.stderr
    assert poms.reports == []
    assert found(run, submission) == []


def test_what_submits_nothing_takes_no_leave(run, poms, submission, script):
    done = run("-n", script, program="jobsub_submit")

    assert done.returncode == 0
    assert "Submission files are in" in done.stdout
    assert not poms.requests


def test_all_schedds_have_to_be_named_before_a_no_counts(run, submission):
    done = run("find", "--tag", submission, POMS_CONDOR_SCHEDDS=None)

    assert done.returncode == 2
    assert "POMS_CONDOR_SCHEDDS" in done.stderr


OUTSIDE = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None}


def test_a_launch_made_outside_poms_is_registered_with_its_stage(run, poms, submission, script):
    done = run(script, program="jobsub_submit", **OUTSIDE, POMS_CAMPAIGN_ID=31)

    assert done.returncode == 0, done.stderr
    assert poms.last_report(4711)["status"] == "New"


def test_without_poms_it_is_submitted_untracked_only_when_that_is_asked_for(
    run, submission, script, condor
):
    away = {**OUTSIDE, "POMS_CAMPAIGN_ID": 31, "POMS_URL": "http://127.0.0.1:9"}

    refused = run(script, program="jobsub_submit", **away)
    asked = run(script, program="jobsub_submit", **away, POMS_UNTRACKED=1)

    assert refused.returncode == 4
    assert "nothing was submitted. To submit without POMS, say so" in refused.stderr
    assert asked.returncode == 0
    assert "Use job id" in asked.stdout


@pytest.mark.crash
@pytest.mark.parametrize(
    ("where", "submitted"), [("before-submit", 0), ("after-submit", 1), ("after-report", 1)]
)
def test_a_shim_killed_at_any_step_leaves_one_cluster_or_none(
    run, submission, condor, script, where, submitted
):
    killed = run(script, program="jobsub_submit", POMS_CRASH_AT=where)

    assert killed.returncode == -signal.SIGKILL
    assert len(found(run, submission)) == submitted
    assert len(condor.clusters(f"POMS4_SUBMISSION_ID == {submission}")) == submitted

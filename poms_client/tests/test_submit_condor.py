"""The wrapper on a real HTCondor: tags, control, evictions, failures, and kills at each step."""

import itertools
import json
import os
import random
import signal
import subprocess
import time

import pytest

from poms_client.tests.conftest import changed, command
from poms_client.tests.fake_poms import until

pytestmark = [pytest.mark.real, pytest.mark.slow]
numbers = itertools.count(20_001)


@pytest.fixture
def submission(environment, condor, poms, monkeypatch):
    """A launch of a submission that nothing else in the pool has."""
    number = next(numbers)
    monkeypatch.setenv("PATH", f"{condor.path}:{os.environ['PATH']}")
    monkeypatch.setenv("POMS_BATCH_SYSTEM", "condor")
    monkeypatch.setenv("POMS4_SUBMISSION_ID", str(number))
    monkeypatch.setenv("POMS_CAMPAIGN_NAME", 'a "quoted" $(name)\\')
    monkeypatch.setenv("POMS4_CAMPAIGN_STAGE_ID", "31")
    yield number
    condor.run("condor_rm", "-constraint", f"POMS4_SUBMISSION_ID == {number}", check=False)


@pytest.fixture
def ads(condor, submission):
    """What the queue (or history) has for the submission, leaders of DAGs left out."""

    def _ads(*where, command="condor_q"):
        about = f"POMS4_SUBMISSION_ID == {submission} && JobUniverse != 7"
        said = condor.run(command, *where, "-constraint", about, "-json").stdout
        return json.loads(said or "[]")

    return _ads


@pytest.fixture
def over(ads):
    """Wait until so many jobs are in history, and return them in order."""

    def _over(count):
        jobs = until(lambda: len(all_ := ads(command="condor_history")) == count and all_, 60)
        return sorted(jobs, key=lambda job: (job["ClusterId"], job["ProcId"]))

    return _over


def find(run, submission):
    done = run("find", "--tag", submission, "--json")
    return json.loads(done.stdout)["jobs"] if done.returncode == 0 else "unknown"


def test_jobs_are_submitted_with_their_tags_and_environment(
    run, poms, submission, over, condor, tmp_path
):
    done = run("submit", "-N", 3, "-e", 'MODE=it\'s "$(fast)"', "--", "sh", "-c", SHOW)

    assert done.returncode == 0, done.stderr
    jobs = over(3)
    cluster = jobs[0]["ClusterId"]
    assert f"Use job id {cluster}.0@{condor.schedd} to retrieve output" in done.stdout
    assert poms.last_report(submission) == {
        "submission_id": submission,
        "status": "New",
        "jobsub_job_id": f"{cluster}@{condor.schedd}",
        "jobs": {"submitted": 3},
        "source": poms.last_report(submission)["source"],
        "observed_at": poms.last_report(submission)["observed_at"],
    }
    [job, *_] = jobs
    assert (job["POMS_TASK_ID"], job["POMS_ATTEMPT"]) == (submission, 1)
    assert job["POMS4_CAMPAIGN_STAGE_ID"] == 31
    assert job["POMS_CAMPAIGN_NAME"] == 'a "quoted" $(name)/'
    assert job["FIFE_CATEGORIES"] == f"POMS_TASK_ID_{submission}"
    assert "launch-secret" not in json.dumps(jobs)
    said = (tmp_path / f"poms_{submission}.{cluster}.2.out").read_text()
    assert said == f'{submission} it\'s "$(fast)" 2 {cluster}.2@{condor.schedd} job-secret\n'
    assert find(run, submission) == [
        {"jobsub_job_id": f"{cluster}@{condor.schedd}", "attempt": 1, "jobs": 3}
    ]


SHOW = 'echo $POMS4_SUBMISSION_ID "$MODE" $PROCESS $JOBSUBJOBID $(cat $POMS_JOB_TOKEN_FILE)'


def test_a_program_of_the_launch_is_sent_along(run, submission, over, tmp_path):
    program = tmp_path / "my job.sh"
    program.write_text('#!/bin/sh\nexit "$1"\n')
    program.chmod(0o755)

    assert run("submit", "--", f"./{program.name}", 5).returncode == 0
    assert [job["ExitCode"] for job in over(1)] == [5]


def test_a_dag_is_one_cluster_and_its_jobs_carry_the_tags(
    run, poms, submission, over, condor, tmp_path
):
    (tmp_path / "node.sub").write_text("executable = /bin/true\nlog = nodes.log\nqueue\n")
    dag = "JOB A node.sub\nJOB B node.sub\nJOB C node.sub\nPARENT A CHILD B C\n"
    (tmp_path / "flow.dag").write_text(dag)

    done = run("submit", "--dag", "flow.dag")

    assert done.returncode == 0, done.stderr
    nodes = over(3)
    leader = nodes[0]["DAGManJobId"]
    assert {node["DAGNodeName"] for node in nodes} == {"A", "B", "C"}
    assert poms.last_report(submission)["jobsub_job_id"] == f"{leader}@{condor.schedd}"
    assert "jobs" not in poms.last_report(submission)
    assert find(run, submission) == [
        {"jobsub_job_id": f"{leader}@{condor.schedd}", "attempt": 1, "jobs": 3}
    ]
    assert condor.clusters(f"POMS4_SUBMISSION_ID == {submission}") == {leader}


NODE = """\
executable = /bin/sh
transfer_executable = False
arguments = "-c 'echo $POMS4_SUBMISSION_ID/$MODE/$OWN/$POMS_LAUNCH_TOKEN_FILE'"
output = {name}.out
log = nodes.log
{more}
queue
"""
OWN = {  # what a description says itself, and what its jobs see then
    "nothing": ("", "{number}/fast//"),
    "environment": ('environment = "OWN=1 MODE=slow"', "{number}/slow/1/"),
    "getenv": ("getenv = OWN", "///"),
}


@pytest.fixture
def described(tmp_path):
    """Describe one job, and read what it saw."""
    for name, (more, _) in OWN.items():
        (tmp_path / f"{name}.sub").write_text(NODE.format(name=name, more=more))

    def _described(submission, *names):
        for name in names:
            said = (tmp_path / f"{name}.out").read_text()
            assert said == OWN[name][1].format(number=submission) + "\n"

    return _described


def test_the_nodes_of_a_dag_see_the_variables_of_the_launch(
    run, submission, over, tmp_path, described
):
    (tmp_path / "flow.dag").write_text("".join(f"JOB {name} {name}.sub\n" for name in OWN))

    assert run("submit", "-e", "MODE=fast", "--dag", "flow.dag").returncode == 0

    over(len(OWN))
    described(submission, *OWN)


@pytest.mark.parametrize("name", OWN)
def test_jobs_of_ones_own_description_see_the_variables_of_the_launch(
    run, submission, over, described, name
):
    done = run("submit", "-e", "MODE=fast", "--description", f"{name}.sub")

    assert done.returncode == 0, done.stderr
    over(1)
    described(submission, name)


def test_a_description_of_ones_own_is_tagged(run, submission, over, tmp_path):
    (tmp_path / "own.sub").write_text("executable = /bin/sh\narguments = -c true\nqueue 2\n")

    assert run("submit", "-l", "+Extra = 7", "--description", "own.sub").returncode == 0
    assert [job["Extra"] for job in over(2)] == [7, 7]


def test_jobs_are_held_released_and_removed_by_their_tag(run, submission, ads, over):
    run("submit", "-N", 2, "--", "sleep", 600)

    assert run("hold", "--tag", submission).returncode == 0
    until(lambda: [job["JobStatus"] for job in ads()] == [5, 5])
    assert run("release", "--tag", submission).returncode == 0
    until(lambda: 5 not in [job["JobStatus"] for job in ads()])
    assert run("kill", "--tag", submission).returncode == 0
    assert [job["JobStatus"] for job in over(2)] == [3, 3]
    assert find(run, submission)[0]["jobs"] == 2
    assert "no such jobs" in run("kill", "--tag", submission).stderr


def test_an_evicted_job_runs_again_and_a_failed_one_says_so(
    run, submission, ads, over, condor, tmp_path
):
    wait = "while [ ! -e $1 ]; do sleep 0.1; done; exit 9"
    run("submit", "--", "sh", "-c", wait, "job", tmp_path / "go")
    until(lambda: [job.get("NumJobStarts") for job in ads()] == [1], 30)

    about = f"POMS4_SUBMISSION_ID == {submission}"
    condor.run("condor_vacate_job", "-fast", "-constraint", about)
    until(lambda: [job.get("NumJobStarts") for job in ads()] == [2], 30)
    (tmp_path / "go").touch()

    [job] = over(1)
    assert job["NumJobStarts"] == 2
    assert job["ExitCode"] == 9


def test_nothing_is_submitted_where_the_batch_can_not_be_asked(run, poms, submission):
    done = run("submit", "--", "true", CONDOR_CONFIG="/nowhere", PATH="/usr/bin:/bin")

    assert done.returncode == 2
    assert "no command condor_submit" in done.stderr
    assert "launch-secret" in poms.attempts  # leave was not taken


def test_a_schedd_that_does_not_answer_has_not_said_no(run, submission):
    assert find(run, submission) == []
    names = "jobsub01.test.local,jobsub02.test.local"
    done = run("find", "--tag", submission, POMS_CONDOR_SCHEDDS=names)

    assert done.returncode == 4
    assert "jobsub02" in done.stderr


def test_a_submit_that_names_no_cluster_is_not_tried_again(run, poms, submission, tmp_path):
    (tmp_path / "bad.sub").write_text("executable = /no/such/program\nqueue\n")

    done = run("submit", "--description", "bad.sub")

    assert done.returncode == 7
    assert poms.reports == []
    assert find(run, submission) == []


def test_what_is_new_is_found_behind_a_job_that_was_kept_in_the_queue(
    run, submission, over, condor, tmp_path
):
    """Jobs are in the history as they left: one that was kept for its output seems older."""
    kept = "executable = /bin/true\nleave_in_queue = JobStatus == 4 && !isUndefined(Wait)\n"
    (tmp_path / "kept.sub").write_text(kept + "+Wait = True\nqueue\n")
    cluster = condor.run("condor_submit", str(tmp_path / "kept.sub")).stdout.split()[-1][:-1]
    status = ("condor_q", cluster, "-af", "JobStatus")
    until(lambda: condor.run(*status).stdout.strip() == "4", 30)
    time.sleep(1.1)
    began = time.time()
    assert run("submit", "--", "true").returncode == 0
    over(1)
    condor.run("condor_qedit", cluster, "Wait", "undefined")
    until(lambda: condor.run(*status).stdout.strip() == "", 30)

    done = run("find", "--tag", submission, "--json", "--since", began)

    assert [each["jobs"] for each in json.loads(done.stdout)["jobs"]] == [1]


@pytest.mark.crash
@pytest.mark.parametrize(
    ("where", "submitted"),
    [("after-leave", 0), ("before-submit", 0), ("after-submit", 1), ("after-report", 1)],
)
def test_a_wrapper_killed_at_any_step_leaves_one_cluster_or_none(
    run, submission, condor, where, submitted
):
    killed = run("submit", "-N", 2, "--", "true", POMS_CRASH_AT=where)

    assert killed.returncode == -signal.SIGKILL
    found = find(run, submission)
    assert [each["jobs"] for each in found] == [2] * submitted
    assert len(condor.clusters(f"POMS4_SUBMISSION_ID == {submission}")) == submitted


@pytest.mark.crash
@pytest.mark.parametrize("chance", range(int(os.environ.get("POMS_KILLS", "4"))))
def test_a_wrapper_killed_at_any_moment_and_launched_again_leaves_one_cluster(
    run, submission, poms, condor, tmp_path, chance
):
    wrapper = subprocess.Popen(command("submit", "--", "true"), env=changed({}), cwd=tmp_path)
    until(lambda: poms.requests[f"POST /submissions/{submission}/leave/"])
    time.sleep(random.Random(chance).uniform(0.0, 0.4))
    wrapper.kill()
    wrapper.wait()

    found = find(run, submission)
    time.sleep(0.3)
    assert find(run, submission) == found, "it was submitted after the wrapper was dead"
    if not found:
        poms.attempts["launch-secret"] = 2
        assert run("submit", "--", "true").returncode == 0

    assert len(condor.clusters(f"POMS4_SUBMISSION_ID == {submission}")) == 1

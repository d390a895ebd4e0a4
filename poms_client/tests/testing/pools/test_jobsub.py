"""jobsub's commands over the pool print and answer what jobsub_lite's do."""

import itertools
import json
import os
import re
import subprocess

import pytest

from poms_client.agents.spelling import environment_of
from poms_client.testing.pools.jobsub_dag import dag_of_file, dag_of_jobs
from poms_client.testing.sam import SamServer, files
from poms_client.testing.samjob import Sam, ask
from poms_client.tests.fake_poms import until

numbers = itertools.count(40_001)
SUBMITTED = r"""Submitting job\(s\)\.\.
2 job\(s\) submitted to cluster (\d+)\.

=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-

Use job id \1\.0@jobsub01\.test\.local to retrieve output

=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-

"""


@pytest.fixture
def tag(condor):
    number = next(numbers)
    yield f"POMS4_SUBMISSION_ID=={number}"
    condor.run("condor_rm", "-constraint", f"POMS4_SUBMISSION_ID == {number}", check=False)


@pytest.fixture
def jobsub(jobsub_path, tag, tmp_path):
    """Run one of the commands; jobs of ``submit`` carry the test's tag."""
    script = tmp_path / "job.sh"
    script.write_text('#!/bin/sh\necho "$1 $MODE $EXPERIMENT $JOBSUBJOBID"; sleep "${2:-0}"\n')

    def _jobsub(verb, *arguments, **changes):
        ours = ["-l", f"+{tag.replace('==', '=')}"] if verb == "submit" else []
        return subprocess.run(
            [str(jobsub_path / f"jobsub_{verb}"), *ours, *map(str, arguments)],
            env={**os.environ, **changes},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    _jobsub.script = f"file://{script}"
    (tmp_path / "fail.sh").write_text("exit 9\n")
    _jobsub.failing = f"file://{tmp_path}/fail.sh"
    return _jobsub


@pytest.mark.real
def test_a_submit_prints_the_job_id_and_tells_whoever_wants_to_know(jobsub, condor, tag, tmp_path):
    extra = {
        "JOBSUB_EXTRA_LINES": "+POMS_TASK_ID=7,+Other=8",
        "JOBSUB_EXTRA_ENVIRONMENT": "MODE",
        "JOBSUB_EXTRA_JOB_INFO": "echo told",
        "MODE": "fast and loose",
    }
    done = jobsub("submit", "-G", "nova", "-N", 2, "--memory", "1GB", jobsub.script, "a", **extra)

    assert done.returncode == 0
    assert "JOBSUB_OUTPUT_URL not defined" in done.stderr
    assert re.match(SUBMITTED, done.stdout), done.stdout
    assert "told" in done.stdout
    assert "'-G', 'nova', '-N', '2'" in done.stdout
    said = ["condor_history", "-constraint", tag, "-json"]
    jobs = until(lambda: len(found := json.loads(condor.run(*said).stdout)) == 2 and found, 40)
    assert {(job["POMS_TASK_ID"], job["Other"], job["Jobsub_Group"]) for job in jobs} == {
        (7, 8, "nova")
    }
    assert jobs[0]["JobsubJobId"].endswith(f"@{condor.schedd}")


@pytest.mark.real
def test_a_failed_submit_ends_with_0_and_names_no_job_id(jobsub):
    done = jobsub("submit", "-G", "nova", "-l", "+Broken = (", jobsub.script)

    assert done.returncode == 0
    assert "Error: condor_submit exited with failed status code 1" in done.stderr
    assert "Use job id" not in done.stdout


@pytest.mark.real
def test_what_jobsub_itself_refuses_ends_with_1(jobsub):
    assert jobsub("submit", "-G", "nova", "file:///no/such").returncode == 1
    assert jobsub("submit", "-G", "nova", "-e", "NOWHERE_SET", jobsub.script).returncode == 1
    assert jobsub("submit", jobsub.script, GROUP="", JOBSUB_GROUP="").returncode == 2


@pytest.mark.real
def test_jobs_are_listed_held_released_and_removed(jobsub, condor, tag):
    said = jobsub("submit", "-G", "nova", jobsub.script, "a", 600).stdout
    job = re.search(r"Use job id (\S+)", said)[1]

    listed = jobsub("q", "-G", "nova", "--constraint", tag).stdout
    assert job in listed
    assert listed.splitlines()[-1].startswith("1 total; 0 completed, 0 removed, ")
    assert jobsub("hold", "-G", "nova", "--jobid", job).stdout.strip() == (
        f"Job {job.partition('@')[0]} held"
    )
    released = jobsub("release", "-G", "nova", "--role", "Production", "--constraint", tag)
    assert released.stdout.strip() == f"All jobs matching constraint ({tag}) have been released"
    removed = jobsub("rm", "-G", "nova", "--constraint", tag)
    assert f"All jobs matching constraint ({tag}) have been marked for removal" in removed.stdout
    again = jobsub("rm", "-G", "nova", "--jobid", job)
    assert again.returncode == 0
    bad = jobsub("rm", "-G", "nova", "--jobid=7.0@nosuch.test.local")
    assert "cannot get address of schedd nosuch.test.local" in bad.stderr


@pytest.mark.real
@pytest.mark.parametrize(
    "option",
    [
        "--dataset-definition",
        pytest.param("--dataset_definition", marks=pytest.mark.long),
        pytest.param("--dataset", marks=pytest.mark.long),
    ],
)
def test_jobs_over_a_dataset_share_a_project_that_is_ended(jobsub, condor, tag, tmp_path, option):
    with SamServer() as server:
        store = server.store("nova")
        files.declare(store, {"file_name": "a.root", "locations": ["/data"]})
        Sam(server.api("nova")).define("raw", "file_name a.root")
        told = ["-e", f"SAM_WEB_BASE_URL={server.api('nova')}", "-N", 2]

        said = jobsub("submit", "-G", "nova", option, "raw", *told, jobsub.failing).stdout

        leader = re.search(r"Use job id (\d+)\.0@", said)[1]
        about = ["condor_history", "-constraint", f"{tag} && DAGManJobId == {leader}", "-json"]
        nodes = until(lambda: len(all_ := json.loads(condor.run(*about).stdout)) == 4 and all_, 60)
        names = {node["DAGNodeName"]: node["ExitCode"] for node in nodes}
        assert names == {"SAM_START": 0, "WORKER_0": 9, "WORKER_1": 9, "SAM_END": 0}
        [project] = {environment_of(node["Environment"])["SAM_PROJECT"] for node in nodes}
        assert project.startswith("raw_poms_")
        summary = json.loads(
            ask("GET", f"{server.api('nova')}/projects/name/{project}/summary").text
        )
        assert summary["project_status"] == "completed"
    end = ["condor_history", "-constraint", f"ClusterId == {leader}", "-af", "ExitCode"]
    assert until(lambda: condor.run(*end).stdout.strip(), 30) == "0"


def test_a_dag_file_of_jobsub_becomes_one_of_dagman():
    dag, jobs = dag_of_file(
        """
        <serial>
        jobsub -e A=1 file://first.sh x
        jobsub file://second.sh
        </serial>
        <parallel>
        jobsub file://third.sh
        jobsub file://fourth.sh
        </parallel>
        <serial>
        jobsub file://last.sh
        </serial>
        """
    )

    assert jobs["JOB_0"] == ["-e", "A=1", "file://first.sh", "x"]
    assert [line for line in dag.splitlines() if line.startswith("PARENT")] == [
        "PARENT JOB_0 CHILD JOB_1",
        "PARENT JOB_1 CHILD JOB_2",
        "PARENT JOB_1 CHILD JOB_3",
        "PARENT JOB_2 CHILD JOB_4",
        "PARENT JOB_3 CHILD JOB_4",
    ]


def test_few_at_a_time_is_a_dag_of_clusters_of_one_job():
    assert "MAXJOBS WORKERS 2" in dag_of_jobs(5, 2)
    assert dag_of_jobs(5, 2).count("jobs.cmd") == 5

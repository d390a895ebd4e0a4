import json
import socket
import subprocess
import time
from datetime import datetime, timezone

import pytest

from poms_client.tests.conftest import changed, command, is_over
from poms_client.tests.fake_poms import until


def test_a_launch_takes_leave_submits_once_and_reports(run, poms, directory):
    done = run("submit", "-N", 4, "--local", "--", "true")

    assert done.returncode == 0
    assert "4 job(s) submitted to cluster 1." in done.stdout
    assert "Use job id 1.0@local to retrieve output" in done.stdout
    [cluster] = directory.clusters()
    assert (cluster.submission, cluster.attempt, cluster.jobs) == (7, 1, 4)
    assert poms.reports == [
        {
            "submission_id": 7,
            "status": "Idle",
            "jobsub_job_id": "1@local",
            "jobs": {"submitted": 4},
            "source": f"local@{socket.gethostname()}",
            "observed_at": datetime.fromtimestamp(cluster.submitted, timezone.utc).isoformat(),
        }
    ]
    assert poms.tokens == {None: 1, "Bearer job-secret": 1}


@pytest.mark.parametrize(
    ("said", "around"),
    [
        (["--project", "nova_prod_7"], {}),
        (["-e", "SAM_PROJECT=nova_prod_7"], {}),
        ([], {"SAM_PROJECT_NAME": "nova_prod_7"}),
    ],
)
def test_the_project_that_jobs_start_is_reported(run, poms, directory, said, around):
    done = run("submit", *said, "--", "true", **around)

    assert done.returncode == 0, done.stderr
    assert poms.reports[0]["project"] == "nova_prod_7"
    [cluster] = directory.clusters()
    assert cluster.project == "nova_prod_7"


def test_jobs_find_the_project_that_the_launch_started(run, directory):
    run("submit", "--project", "p7", "--", "sh", "-c", 'echo "$POMS_PROJECT"', POMS_PROJECT="")
    [cluster] = directory.clusters()
    until(is_over(cluster))

    assert (cluster.job(0).path / "stdout").read_text() == "p7\n"


def test_refused_leave_submits_nothing_and_says_why(run, poms, directory):
    poms.attempts.clear()

    done = run("submit", "--", "true")

    assert done.returncode == 3
    assert "no leave to submit: leave was taken already" in done.stderr
    assert directory.clusters() == []


def test_leave_is_taken_once_per_attempt(run, directory):
    assert run("submit", "--", "true").returncode == 0
    assert run("submit", "--", "true").returncode == 3
    assert len(directory.clusters()) == 1


@pytest.mark.parametrize("failure", [500, "hang up", "nonsense", "lose the answer"])
def test_without_a_clear_answer_nothing_is_submitted(run, poms, directory, failure):
    poms.failing = [failure] * 10

    assert run("submit", "--", "true").returncode == 4
    assert directory.clusters() == []


def test_without_poms_nothing_is_submitted(run, directory):
    assert run("submit", "--", "true", POMS_URL="http://127.0.0.1:9").returncode == 4
    assert directory.clusters() == []


def test_a_launch_without_its_token_submits_nothing(run, directory):
    done = run("submit", "--", "true", POMS_LAUNCH_TOKEN_FILE=None)

    assert done.returncode == 2
    assert "POMS_LAUNCH_TOKEN_FILE" in done.stderr
    assert directory.clusters() == []


def test_leave_that_has_run_out_submits_nothing(run, poms, directory):
    poms.deadline = -5

    done = run("submit", "--", "true")

    assert done.returncode == 6
    assert directory.clusters() == []


def test_a_submit_that_takes_too_long_dies_at_its_deadline(environment, poms, directory, tmp_path):
    poms.deadline = 1.0
    directory.create()
    with directory.locked():  # somebody else submits, for ever
        submit = subprocess.Popen(command("submit", "--", "true"), env=changed({}), cwd=tmp_path)
        assert submit.wait(10) == -14
    assert directory.clusters() == []


def test_a_submit_dies_with_the_launch_that_called_it(environment, poms, directory, tmp_path):
    directory.create()
    with directory.locked():
        launch = subprocess.Popen(
            ["sh", "-c", '"$@" & wait', "launch", *command("submit", "--", "true")],
            env=changed({}),
            cwd=tmp_path,
        )
        until(lambda: poms.requests["POST /submissions/7/leave/"])
        until(lambda: list(directory.root.glob(".draft-*")))
        launch.kill()
        launch.wait()
        time.sleep(0.3)
    time.sleep(0.2)
    assert directory.clusters() == []


def test_a_second_cluster_of_a_submission_is_refused(run, poms, directory):
    run("submit", "--", "true")
    poms.attempts["launch-secret"] = 2

    done = run("submit", "--", "true")

    assert done.returncode == 5
    assert "submission 7 is in the batch already, as 1@local" in done.stderr
    assert len(directory.clusters()) == 1


def test_jobs_that_poms_does_not_hear_of_are_submitted_all_the_same(run, poms, directory):
    done = run("submit", "--", "sh", "-c", "exit 0", POMS_JOB_TOKEN_FILE="/nowhere")

    assert done.returncode == 0
    assert "1@local is submitted, but POMS hasn't heard of it" in done.stderr
    assert until(is_over(directory.clusters()[0]))["completed"] == 1


def test_a_report_that_was_not_answered_is_sent_again(run, poms):
    poms.failing = [None, 500, "hang up"]

    assert run("submit", "--", "true", POMS_PATIENCE=5).returncode == 0
    assert poms.statuses(7, by_agent=False) == ["Idle"]


def test_one_job_for_each_file_of_the_project(run, poms, directory):
    poms.project_files = [{"name": name} for name in "abc"]

    assert run("submit", "-N", "files", "--", "true").returncode == 0
    assert directory.clusters()[0].jobs == 3


def test_a_project_without_files_takes_no_leave(run, poms, directory):
    done = run("submit", "-N", "files", "--", "true")

    assert done.returncode == 2
    assert "has no files" in done.stderr
    assert "launch-secret" in poms.attempts


def test_jobs_see_their_submission_and_no_secret_of_others(run, directory):
    secrets = {"POMS_SECRET_KEY": "s", "POMS_DATABASE_URL": "s", "UNRELATED": "x"}
    run("submit", "-e", "MODE=fast", "--", "env", EXPERIMENT="demo", **secrets)
    cluster = directory.clusters()[0]
    until(is_over(cluster))

    lines = (cluster.job(0).path / "stdout").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines)
    assert {"POMS4_SUBMISSION_ID", "POMS_JOB_TOKEN_FILE", "POMS_PROJECT", "POMS_URL"} <= set(seen)
    assert (seen["EXPERIMENT"], seen["MODE"], seen["CLUSTER"]) == ("demo", "fast", "1")
    assert not {"POMS_LAUNCH_TOKEN_FILE", "POMS_TOKEN_FILE", *secrets} & set(seen)


def test_what_is_submitted_outside_a_launch_is_registered_with_its_stage(run, poms, directory):
    outside = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None}

    named = ("--stage", "reco", "--campaign", "mc", "--experiment", "demo")
    done = run("submit", *named, "--", "true", **outside)

    assert done.returncode == 0, done.stderr
    assert directory.clusters()[0].submission == 4711
    assert poms.last_report(4711)["jobsub_job_id"] == "1@local"


def test_outside_a_launch_somebody_has_to_say_which_stage(run, directory):
    outside = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None}

    done = run("submit", "--", "true", **outside)

    assert done.returncode == 2
    assert "--stage" in done.stderr


def find(run, submission=7, **changes):
    done = run("find", "--tag", submission, "--json", **changes)
    return json.loads(done.stdout)["jobs"] if done.returncode == 0 else "unknown"


def test_the_batch_says_what_it_has_for_a_submission(run):
    assert find(run) == []

    run("submit", "-N", 3, "--", "true")

    assert find(run) == [{"jobsub_job_id": "1@local", "attempt": 1, "jobs": 3}]
    assert find(run, 8) == []


def test_a_batch_that_can_not_be_read_has_not_said_no(run, directory):
    run("submit", "--", "true")
    cluster = directory.clusters()[0]
    until(is_over(cluster))
    (cluster.path / "cluster.json").rename(cluster.path / "lost")

    assert find(run) == "unknown"
    assert find(run, POMS_BATCH_DIR=None) == "unknown"


def test_jobs_can_be_killed_by_their_submission(run, directory):
    run("submit", "--", "sleep", 600)

    assert run("kill", "--tag", 7).returncode == 0
    assert "no such cluster" in run("kill", "--tag", 8).stderr
    assert directory.of_submission(7).summary()["removed"] == 1


def test_a_token_that_may_not_report_leaves_that_to_the_agent(run, poms, directory):
    poms.failing = [None, 403]
    outside = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None, "POMS_PROJECT": None}

    done = run("submit", "--stage", 3, "--", "true", **outside)

    assert done.returncode == 0
    assert "the agent that watches the batch system will tell it" in done.stderr
    assert len(directory.clusters()) == 1


def test_the_help_names_every_batch_system(run):
    shown = run("submit", "--help").stdout

    for system in ("--local", "--condor", "--jobsub", "--slurm"):
        assert shown.count(system) > 1  # in the usage, and with what it is

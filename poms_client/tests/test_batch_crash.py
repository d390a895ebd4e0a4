"""The daemon is killed at every step; each job runs once all the same, and its end is learnt."""

import os
import random
import signal
import subprocess
import time
from multiprocessing import get_context

import pytest

from poms_client.batch import files, runner
from poms_client.batch.cluster import Job
from poms_client.batch.daemon import RUN_JOB
from poms_client.batch.directory import Order
from poms_client.batch.runner import main
from poms_client.batch.starting import ensure_daemon
from poms_client.environment import of_jobs
from poms_client.tests.conftest import changed, command, daemon_of, is_over, kill_daemon
from poms_client.tests.fake_poms import until
from poms_client.tests.test_batch import alive, running

pytestmark = pytest.mark.crash

COUNT = ("sh", "-c", "echo $PROCESS >> ran; sleep 0.1")
POINTS = ["daemon-adopted", "daemon-started-job", "daemon-job-over", "daemon-before-summary"]


@pytest.fixture
def daemon_that_crashes(environment, directory):
    """Run a daemon that kills itself when it comes to a point; tell whether it came there."""

    def _run(where):
        crashing = changed({"POMS_CRASH_AT": where, "POMS_BATCH_STOP_AFTER": "0.1"})
        done = subprocess.run(command("batch"), env=crashing, timeout=60)
        return done.returncode == -signal.SIGKILL

    return _run


@pytest.mark.parametrize("where", POINTS)
def test_a_daemon_killed_at_any_step_runs_no_job_twice(
    submit, directory, daemon_that_crashes, tmp_path, where
):
    cluster = order(directory, COUNT, jobs=4, cwd=str(tmp_path))

    assert daemon_that_crashes(where)
    daemon_that_crashes(where)
    daemon_that_crashes(where)
    submit("true")

    assert until(is_over(cluster))["completed"] == 4
    assert sorted((tmp_path / "ran").read_text().split()) == ["0", "1", "2", "3"]


def order(directory, argv, jobs, cwd):
    return directory.submit(Order(argv, jobs, of_jobs(os.environ, {}), cwd))


def test_jobs_go_on_without_a_daemon_and_the_next_one_learns_their_end(submit, directory, tmp_path):
    cluster = submit("sh", "-c", "while [ ! -e go ]; do sleep 0.01; done; exit 3", n=2)
    running(cluster, 2)
    kill_daemon(directory)
    (tmp_path / "go").touch()
    until(lambda: all(cluster.job(number).exit() for number in (0, 1)))
    assert not cluster.summary()["over"]

    submit("true")

    assert until(is_over(cluster))["by_exit_code"] == {"3": 2}


def test_a_daemon_started_meanwhile_waits_for_jobs_that_are_not_its_children(
    submit, directory, tmp_path
):
    cluster = submit("sh", "-c", "while [ ! -e go ]; do sleep 0.01; done", n=2)
    running(cluster, 2)
    kill_daemon(directory)

    later = submit("true")
    until(lambda: daemon_of(directory) is not None)
    time.sleep(0.1)

    assert later.summary()["idle"] == 1  # the slots are taken
    (tmp_path / "go").touch()
    assert until(is_over(cluster))["completed"] == 2
    assert until(is_over(later))["completed"] == 1


def test_a_request_made_without_a_daemon_is_obeyed_by_the_next_one(submit, directory, run):
    cluster = submit("sleep", "600", n=3)
    running(cluster, 2)
    kill_daemon(directory)

    assert run("kill", "--cluster", cluster.id).returncode == 0
    assert cluster.summary()["removed"] == 3
    assert alive(cluster) == []


def test_a_job_whose_runner_is_killed_is_lost_and_its_processes_end(submit):
    cluster = submit("sleep", "600")
    running(cluster)
    claim = cluster.job(0).claim()

    os.kill(claim.runner.pid, signal.SIGKILL)

    assert until(is_over(cluster))["failed"] == 1
    assert "lost" in cluster.job(0).exit()["why"]
    until(lambda: not claim.command.is_alive())


def test_a_job_removed_between_its_claim_and_its_start_is_removed(
    directory, environment, tmp_path, monkeypatch
):
    cluster = order(directory, COUNT, jobs=1, cwd=str(tmp_path))
    job = cluster.job(0)

    def _kill(_root):
        (job.path / "removed").touch()
        command = job.claim().command
        os.kill(command.pid, signal.SIGTERM)
        until(lambda: not command.is_alive())

    monkeypatch.setattr(runner, "wake", lambda root: job.exit() or _kill(root))

    process = get_context("fork").Process(target=main, args=(directory.root, cluster.path, 0))
    process.start()
    process.join()

    assert job.exit()["state"] == "removed"
    assert not (tmp_path / "ran").exists()


def test_a_pid_that_came_back_is_not_taken_for_the_job(submit, directory):
    cluster = submit("sleep", "600")
    running(cluster)
    kill_daemon(directory)
    claim = cluster.job(0).claim()
    os.kill(claim.runner.pid, signal.SIGKILL)
    claim.signal(signal.SIGKILL)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    recycled = claim.runner._replace(pid=stranger.pid)
    (cluster.job(0).path / "start.json").unlink()
    files.create(cluster.job(0).path / "start.json", {"runner": recycled, "command": recycled})

    submit("true")

    assert until(is_over(cluster))["failed"] == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_two_runners_of_one_job_run_it_once(submit, directory, tmp_path):
    cluster = submit(*COUNT)
    until(is_over(cluster))
    job: Job = cluster.job(0)

    again = f"import sys; sys.argv[1:] = {[str(directory.root), str(cluster.path), '0']!r}"
    assert subprocess.run(["python3", "-c", f"{again}; {RUN_JOB}"]).returncode == 0
    assert (tmp_path / "ran").read_text() == "0\n"
    assert job.exit()["state"] == "completed"


def test_a_daemon_killed_over_and_over_runs_each_job_once(environment, directory, tmp_path):
    chance = random.Random(7)
    clusters = [order(directory, COUNT, jobs=4, cwd=str(tmp_path)) for _ in range(5)]
    for _ in range(10):
        ensure_daemon(directory)
        time.sleep(chance.uniform(0.0, 0.2))
        kill_daemon(directory)
    ensure_daemon(directory)

    assert [until(is_over(cluster))["completed"] for cluster in clusters] == 5 * [4]
    assert sorted((tmp_path / "ran").read_text().split()) == sorted(5 * ["0", "1", "2", "3"])


def test_a_withdrawn_job_never_starts(directory, environment, tmp_path):
    cluster = order(directory, COUNT, jobs=1, cwd=str(tmp_path))
    assert cluster.job(0).withdraw("removed", "before it started")

    assert main(directory.root, cluster.path, 0) is None
    assert not (tmp_path / "ran").exists()
    assert daemon_of(directory) is None

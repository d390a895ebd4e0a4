import time

import pytest

from poms_client.batch import files
from poms_client.processes import identify
from poms_client.tests.conftest import daemon_of, is_over
from poms_client.tests.fake_poms import until

FOREVER = ("sleep", "600")


def output(cluster, job=0, stream="stdout"):
    return (cluster.job(job).path / stream).read_text()


def alive(cluster):
    """The processes of the cluster's jobs that still run."""
    claims = [cluster.job(number).claim() for number in cluster.touched_jobs()]
    return [claim.command for claim in claims if claim and claim.command.is_alive()]


def running(cluster, n=1):
    return until(lambda: len(alive(cluster)) == n and cluster.summary()["running"] == n)


def test_jobs_run_and_their_exit_codes_and_output_are_kept(submit):
    cluster = submit("sh", "-c", 'echo "I am $PROCESS"; echo oh >&2; exit $PROCESS', n=3)

    summary = until(is_over(cluster))

    assert (summary["completed"], summary["failed"]) == (1, 2)
    assert summary["by_exit_code"] == {"0": 1, "1": 1, "2": 1}
    assert output(cluster, 2) == "I am 2\n"
    assert output(cluster, 2, "stderr") == "oh\n"


def test_jobs_know_who_they_are(submit):
    cluster = submit("sh", "-c", "echo $CLUSTER $PROCESS $JOBSUBJOBID $POMS_JOB_INDEX", n=2)

    until(is_over(cluster))

    assert output(cluster, 1) == "1 1 1.1@local 1\n"


def test_time_on_the_wall_and_on_the_processor_is_measured(submit):
    cluster = submit("sh", "-c", "sleep 0.3; i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done")

    summary = until(is_over(cluster))

    assert 0.3 < summary["wall"] < 20
    assert 0.001 < summary["cpu"] < summary["wall"]


def test_a_command_that_does_not_exist_fails_and_says_so(submit):
    cluster = submit("/no/such/program")

    summary = until(is_over(cluster))

    assert summary["by_exit_code"] == {"127": 1}
    assert "/no/such/program" in output(cluster, stream="stderr")


def test_a_job_that_dies_of_a_signal_failed(submit):
    cluster = submit("sh", "-c", "kill -SEGV $$")

    assert until(is_over(cluster))["by_exit_code"] == {"139": 1}


def test_what_a_job_leaves_behind_ends_with_it(submit, tmp_path):
    cluster = submit("sh", "-c", "sleep 600 & echo $! > left")

    until(is_over(cluster))

    pid = int((tmp_path / "left").read_text())
    until(lambda: identify(pid) is None)


def test_no_more_jobs_run_at_once_than_there_are_slots(submit, directory):
    first, second = submit(*FOREVER, n=3), submit(*FOREVER, n=1)

    running(first, 2)
    time.sleep(0.3)

    assert (first.summary()["idle"], second.summary()["idle"]) == (1, 1)
    assert files.read(directory.root / "daemon.json")["slots"] == 2


def test_clusters_are_served_in_the_order_they_came(submit):
    clusters = [submit("true", n=3) for _ in range(3)]

    summaries = [until(is_over(cluster)) for cluster in clusters]

    closed = [summary["closed"] for summary in summaries]
    assert closed == sorted(closed)
    assert [cluster.id for cluster in clusters] == ["1@local", "2@local", "3@local"]


def test_killed_jobs_are_removed_whether_or_not_they_had_begun(submit, run):
    cluster = submit(*FOREVER, n=3)
    running(cluster, 2)

    killed = run("kill", "--cluster", cluster.id)

    assert killed.returncode == 0, killed.stderr
    summary = cluster.summary()
    assert (summary["removed"], summary["removal"], summary["over"]) == (3, "Removed", True)
    assert alive(cluster) == []


def test_a_job_that_ignores_the_request_to_end_is_ended(submit, run):
    cluster = submit("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    running(cluster)
    until(lambda: (cluster.job(0).path / "stdout").exists() and output(cluster))

    assert run("kill", "--cluster", "1.0@local").returncode == 0
    assert cluster.summary()["removed"] == 1


def test_jobs_done_before_the_kill_stay_done(submit, run):
    cluster = submit("sh", "-c", "[ $PROCESS = 0 ] || sleep 600", n=2)
    until(lambda: cluster.summary()["completed"] == 1)
    running(cluster)

    run("kill", "--cluster", cluster.id, "--called", "Cancelled")

    summary = cluster.summary()
    assert (summary["completed"], summary["removed"]) == (1, 1)
    assert summary["removal"] == "Cancelled"


def test_held_jobs_stand_still_until_they_are_released(submit, run, tmp_path):
    cluster = submit("sh", "-c", "while [ ! -e go ]; do sleep 0.05; done", n=3)
    running(cluster, 2)

    assert run("hold", "--cluster", cluster.id).returncode == 0
    assert cluster.summary()["held"] == 3
    (tmp_path / "go").touch()
    time.sleep(0.3)
    assert cluster.summary()["held"] == 3

    assert run("release", "--cluster", cluster.id).returncode == 0
    assert until(is_over(cluster))["completed"] == 3


def test_held_jobs_can_be_killed(submit, run):
    cluster = submit(*FOREVER, n=3)
    running(cluster, 2)
    run("hold", "--cluster", cluster.id)

    assert run("kill", "--cluster", cluster.id).returncode == 0
    assert cluster.summary()["removed"] == 3


def test_held_jobs_leave_their_slots_to_others(submit, run):
    held = submit(*FOREVER, n=2)
    running(held, 2)
    run("hold", "--cluster", held.id)

    assert until(is_over(submit("true")))["completed"] == 1


def test_killing_what_is_over_or_unknown_changes_nothing(submit, run):
    cluster = submit("true")
    summary = until(is_over(cluster))

    assert run("kill", "--cluster", cluster.id).returncode == 0
    assert cluster.summary() == summary
    assert run("kill", "--cluster", "99@local").returncode == 1


def test_there_is_one_daemon(submit, directory, run):
    submit("true")
    daemon = daemon_of(directory)

    second = run("batch")

    assert "already" in second.stderr
    assert daemon_of(directory) == daemon


def test_an_idle_daemon_stops_and_the_next_submit_starts_another(submit, directory):
    until(is_over(submit("true", POMS_BATCH_STOP_AFTER="0.1")))
    until(lambda: daemon_of(directory) is None)

    assert until(is_over(submit("true")))["completed"] == 1


def test_a_daemon_ends_with_its_directory_and_takes_its_jobs_along(submit, directory):
    cluster = submit(*FOREVER)
    running(cluster)
    daemon, jobs = daemon_of(directory), alive(cluster)

    directory.root.rename(directory.root.with_name("elsewhere"))

    until(lambda: not daemon.is_alive() and not any(job.is_alive() for job in jobs))


def test_a_daemon_that_is_stopped_leaves_its_jobs_alone(submit, directory, run):
    cluster = submit(*FOREVER)
    running(cluster)

    assert run("batch", "--stop").returncode == 0

    assert daemon_of(directory) is None
    assert len(alive(cluster)) == 1


def test_the_clusters_can_be_listed(submit, run):
    until(is_over(submit("true", n=2)))

    assert "1@local" in run("batch", "--list").stdout
    assert '"completed": 2' in run("batch", "--list", "--json").stdout


@pytest.mark.parametrize("n", ["0", "-1", "many"])
def test_a_number_of_jobs_that_makes_no_sense_is_refused(run, directory, n):
    done = run("submit", "-N", n, "--untracked", "--", "true")

    assert done.returncode == 2
    assert directory.clusters() == []


@pytest.mark.parametrize("verb", ["hold", "release"])
def test_what_has_ended_is_not_said_to_obey(submit, run, verb):
    cluster = submit("true")
    until(is_over(cluster))

    done = run(verb, "--cluster", cluster.id)

    assert done.returncode == 0
    assert done.stdout.endswith(f"poms {verb}: {cluster.id} has ended already\n")

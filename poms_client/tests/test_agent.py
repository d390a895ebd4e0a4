import os
import signal
import subprocess
import time

import pytest

from poms_client.agents.local import LocalSource
from poms_client.agents.poller import Poller
from poms_client.api import Api
from poms_client.batch.directory import Order
from poms_client.batch.starting import ensure_daemon
from poms_client.environment import of_jobs
from poms_client.tests.conftest import (
    changed,
    command,
    daemon_of,
    is_over,
    kill_daemon,
)
from poms_client.tests.fake_poms import until


@pytest.fixture
def agent(environment, directory, poms):
    """The agent in this process, to be told when to look."""
    return Poller(LocalSource(directory), Api(poms.url, "person-secret", patience=0.0))


@pytest.fixture
def running_agent(environment):
    """The agent as a process of its own."""
    agents = []

    def _start():
        agents.append(subprocess.Popen(command("agent", "local"), env=changed({})))
        return agents[-1]

    yield _start
    for process in agents:
        process.kill()
        process.wait()


@pytest.fixture
def launch(run, poms, directory, tmp_path):
    """Submit for a submission of POMS's."""

    def _launch(*argv, n=1, submission=7):
        poms.attempts["launch-secret"] = 1
        done = run("submit", "-N", n, "--", *argv, POMS4_SUBMISSION_ID=submission)
        assert done.returncode == 0, done.stderr
        return directory.of_submission(submission)

    return _launch


def test_the_agent_tells_of_the_project_too(run, agent, poms, directory):
    """The wrapper's own report may be lost, or come after the agent's."""
    run("submit", "--project", "nova_prod_7", "--", "true")
    poms.reports.clear()

    agent.look()
    agent.send()

    assert poms.last_report(7)["project"] == "nova_prod_7"


def test_a_submission_is_reported_from_idle_to_its_end(launch, running_agent, poms, tmp_path):
    running_agent()
    launch("sh", "-c", "while [ ! -e go ]; do sleep 0.02; done")
    until(lambda: "Running" in poms.statuses(7))
    (tmp_path / "go").touch()

    until(lambda: "Completed" in poms.statuses(7))

    last = poms.last_report(7)
    assert last["jobsub_job_id"] == "1@local"
    assert last["pct_complete"] == 100.0
    assert last["jobs"]["completed"] == last["jobs"]["submitted"] == 1
    assert last["jobs"]["by_exit_code"] == {"0": 1}
    assert last["source"].startswith("local@")
    assert poms.tokens["Bearer person-secret"] > 0


def test_changes_are_reported_at_once(launch, running_agent, poms, tmp_path):
    running_agent()
    launch("sh", "-c", "while [ ! -e go ]; do sleep 0.01; done")
    until(lambda: "Running" in poms.statuses(7))
    started = time.monotonic()
    (tmp_path / "go").touch()

    until(lambda: "Completed" in poms.statuses(7))

    assert time.monotonic() - started < 4.0  # LOOK_ANYWAY is 5 s; 0.1-0.2 s on an idle machine


def test_each_change_is_reported_once(launch, agent, poms):
    until(is_over(launch("true")))

    for _ in range(3):
        agent.look()
        agent.send()

    assert poms.statuses(7) == ["Completed"]
    assert poms.requests["POST /reports/"] == 2  # the wrapper's was the other


def test_half_of_the_jobs_may_fail_no_more(launch, agent, poms):
    until(is_over(launch("sh", "-c", "[ $PROCESS -lt 2 ]", n=3)))
    until(is_over(launch("sh", "-c", "[ $PROCESS -lt 2 ]", n=4, submission=8)))

    agent.look()
    agent.send()

    assert (poms.statuses(7), poms.statuses(8)) == (["Completed"], ["Failed"])
    assert poms.last_report(8)["jobs"]["by_exit_code"] == {"0": 2, "1": 2}


@pytest.mark.parametrize(("called", "status"), [("Removed", "Removed"), ("Cancelled", "Cancelled")])
def test_removed_jobs_are_called_what_whoever_removed_them_says(
    launch, agent, poms, run, called, status
):
    launch("sleep", 600, n=3)
    run("kill", "--tag", 7, "--called", called)

    agent.look()
    agent.send()

    assert poms.statuses(7) == [status]


def test_held_jobs_are_reported(launch, agent, poms, run):
    launch("sleep", 600, n=3)
    run("hold", "--tag", 7)

    agent.look()
    agent.send()

    assert poms.last_report(7)["status"] == "Held"
    assert poms.last_report(7)["jobs"]["held"] == 3


def test_what_could_not_be_sent_is_sent_later(launch, agent, poms):
    until(is_over(launch("true")))
    poms.failing = [503]
    agent.look()

    assert not agent.send()
    assert not agent.waiting.is_over
    assert agent.send()
    assert poms.statuses(7) == ["Completed"]


def test_the_pauses_grow_and_end_with_the_first_answer(agent, poms):
    pauses = []
    for _ in range(10):
        agent.waiting.longer()
        pauses.append(agent.waiting.pause)

    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0
    agent.unsent[7] = {"submission_id": 7, "status": "Idle"}
    agent.send()
    assert agent.waiting.is_over


def test_an_agent_outlives_poms(launch, running_agent, poms, directory):
    agent = running_agent()
    port = poms.port
    poms.stop()
    until(is_over(_untold(directory)))
    time.sleep(0.3)

    poms.start(port)

    until(lambda: "Completed" in poms.statuses(9))
    assert agent.poll() is None


def _untold(directory):
    cluster = directory.submit(Order(("true",), 1, of_jobs(os.environ, {}), submission=9))
    ensure_daemon(directory)
    return cluster


@pytest.mark.crash
def test_an_agent_that_was_killed_reports_what_it_missed(launch, running_agent, poms):
    first = running_agent()
    cluster = launch("sh", "-c", "sleep 0.3")
    first.send_signal(signal.SIGKILL)
    first.wait()
    until(is_over(cluster))

    running_agent()

    until(lambda: "Completed" in poms.statuses(7))


@pytest.mark.crash
def test_an_agent_starts_the_daemon_that_its_jobs_need(launch, agent, directory):
    cluster = launch("sh", "-c", "sleep 0.5", n=3)
    kill_daemon(directory)

    agent.look()

    assert daemon_of(directory)
    assert until(is_over(cluster))["completed"] == 3


def test_many_submissions_travel_together(agent, poms):
    agent.unsent.update({n: {"submission_id": n, "status": "Idle"} for n in range(12_500)})

    assert agent.send()
    assert poms.requests["POST /reports/"] == 2
    assert len(poms.reports) == 12_500


def test_once_reports_and_returns(launch, run, poms):
    until(is_over(launch("true")))

    assert run("agent", "local", "--once").returncode == 0
    assert poms.statuses(7) == ["Completed"]

    assert run("agent", "local", "--once", POMS_URL="http://127.0.0.1:9").returncode == 1


def test_what_was_submitted_without_poms_is_not_reported(submit, agent, poms):
    until(is_over(submit("true")))
    agent.look()

    assert agent.send()
    assert not poms.requests

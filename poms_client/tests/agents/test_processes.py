"""Agents as processes: started, asked how they fare, ended, killed."""

import json
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from poms_client.testing.lens.landscape import Seen
from poms_client.testing.lens.server import LensServer
from poms_client.tests.conftest import changed, command
from poms_client.tests.fake_poms import until

OPEN = "/agents/awaited/"


@pytest.fixture
def lens(poms, environment, monkeypatch):
    with LensServer() as server:
        monkeypatch.setenv("POMS_LENS_URL", server.url)
        server.landscape.put(Seen("8.0@j", 7, running=2))
        poms.rows[OPEN] = {"submissions": [{"submission_id": 7, "jobsub_job_id": ""}]}
        yield server


@pytest.fixture
def start(environment, tmp_path):
    agents = []

    def _start(*arguments):
        state = ("--state", tmp_path / "state.json")
        agents.append(
            subprocess.Popen(
                command("agent", *arguments, *state),
                env=changed({}),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return agents[-1]

    yield _start
    for process in agents:
        process.kill()
        process.communicate()


def state(tmp_path):
    return json.loads((tmp_path / "state.json").read_text())


def test_an_agent_reports_until_it_is_asked_to_end(lens, start, poms):
    agent = start("lens", "--every", "0.1")
    until(lambda: "Running" in poms.statuses(7))
    lens.landscape.put(Seen("8.0@j", 7, done=True, completed=2))
    until(lambda: "Completed" in poms.statuses(7))

    agent.send_signal(signal.SIGTERM)

    assert agent.wait(5) == 0
    assert "Traceback" not in agent.stderr.read()
    assert poms.statuses(7) == ["Running", "Completed"]


def test_an_agent_that_is_asked_to_end_keeps_what_it_could_not_send(lens, start, poms, tmp_path):
    agent = start("lens", "--every", "0.1")
    until(lambda: "Running" in poms.statuses(7))
    poms.takes_reports = False
    lens.landscape.put(Seen("8.0@j", 7, done=True, completed=2))
    until(lambda: state(tmp_path)["unsent"].get("7", {}).get("status") == "Completed")

    agent.send_signal(signal.SIGTERM)

    assert agent.wait(5) == 0
    assert state(tmp_path)["unsent"]["7"]["status"] == "Completed"
    poms.takes_reports = True
    assert start("lens", "--once").wait(10) == 0
    assert poms.statuses(7) == ["Running", "Completed"]


@pytest.mark.crash
def test_an_agent_that_was_killed_is_followed_by_another(lens, start, poms):
    agent = start("lens", "--every", "0.1")
    until(lambda: "Running" in poms.statuses(7))
    agent.kill()
    agent.wait()
    lens.landscape.put(Seen("8.0@j", 7, done=True, completed=2))

    assert start("lens", "--once").wait(10) == 0

    assert poms.statuses(7) == ["Running", "Completed"]
    assert poms.beats[-1]["every"] == 0  # it looked once: nobody need miss it


def test_an_agent_answers_how_it_fares(lens, start, poms):
    agent = start("lens", "--every", "0.1", "--health", "0")
    address = agent.stdout.readline().strip()
    assert until(lambda: health(address)["outcomes"])["moved"] == 1
    assert health(address)["ok"]

    lens.landscape.put(Seen("8.0@j", 7, done=True, completed=2))
    poms.takes_reports = False

    ill = until(lambda: not (said := health(address))["ok"] and said)
    assert (ill["status"], ill["unsent"]) == (503, 1)


def health(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {**json.load(error), "status": error.code}


def test_a_second_agent_with_the_same_state_is_refused(lens, start, poms):
    start("lens", "--every", "0.1")
    until(lambda: "Running" in poms.statuses(7))

    second = start("lens", "--once")

    assert second.wait(10) == 2
    assert "another agent runs" in second.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["condor", "--by", "commands"], "condor_history can't be started"),
        (["condor", "--by", "bindings"], "Unable to locate local daemon"),
        (["slurm"], "squeue can't be started"),
    ],
    ids=str,
)
def test_an_agent_without_its_batch_system_says_so(start, tmp_path, arguments, said, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)

    agent = start(*arguments, "--once")

    assert agent.wait(10) == 1
    assert said in agent.stderr.read()


def test_lens_needs_an_address(start):
    agent = start("lens", "--once")

    assert agent.wait(10) == 2
    assert "set POMS_LENS_URL" in agent.stderr.read()

"""`make serve`, whole: what it starts answers, and is gone with it however it ends."""

import contextlib
import csv
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from pomsproject import installation, standins

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def port():
    """The first of three ports in a row that are free, none of which the system gives away."""
    while True:
        first = secrets.randbelow(4_000) * 4 + 12_000
        with contextlib.suppress(OSError), contextlib.ExitStack() as servers:
            for number in range(first, first + 3):
                servers.enter_context(socket.create_server(("127.0.0.1", number)))
            return first


@pytest.fixture
def start(tmp_path, port, own_database):
    """Start a supervisor, with a database and a data folder of its own."""
    started = []

    def begin(*arguments):
        command = [sys.executable, "-m", "pomsproject.running", "--port", str(port), *arguments]
        process = subprocess.Popen(
            command,
            env=os.environ
            | {"POMS_DATA_DIR": str(tmp_path / "data"), "POMS_DATABASE_URL": own_database},
            cwd=installation.CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def await_words(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}: {''.join(lines)}")


def parts_of(supervisor):
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def await_end_of(pids):
    deadline = time.monotonic() + 30
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "parts go on"
        time.sleep(0.05)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    return not re.search(r"State:\s+Z", state)


def test_it_serves_until_it_is_asked_to_stop(start, port):
    supervisor = start("--no-demo")
    await_words(supervisor, f"POMS serves on http://127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=30) as page:
        assert page.status == 200
    pids = parts_of(supervisor)
    assert len(pids) == 3

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(60) == 0
    assert "POMS is stopped" in supervisor.stdout.read()
    assert not any(is_running(pid) for pid in pids)


def test_stand_ins_of_data_services_come_before_it_and_go_with_it(start, port):
    supervisor = start("--no-demo", "--data", "data_dispatcher")
    await_words(supervisor, "a stand-in for dispatcher serves on")
    await_words(supervisor, "POMS serves on")
    pids = parts_of(supervisor)
    for above, version in ((1, b"4.1.4"), (2, b"2.0.3")):
        url = f"http://127.0.0.1:{port + above}/version"
        with urllib.request.urlopen(url, timeout=30) as said:
            assert said.read() == version
    assert len(pids) == 5

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(60) == 0
    assert not any(is_running(pid) for pid in pids)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [kind for kind in standins.SERVICES if kind != "catalogue"])
def test_the_demo_comes_to_its_end_on_stand_ins(start, tmp_path, kind):
    supervisor = start("--until-done", "--data", kind)

    said, _ = supervisor.communicate(timeout=580)

    assert supervisor.returncode == 0, said
    assert re.search(r"run \d+ is done\n", said)
    (given_up,) = re.findall(r"given up: (\S+)", said)
    assert given_up.endswith("-11.jsonl.gz")
    (merged,) = (tmp_path / "data/outputs").glob("*/merge-*.csv")
    with merged.open(newline="") as lines:
        assert len({row["file"] for row in csv.DictReader(lines)}) == 11


@pytest.mark.crash
def test_what_a_killed_one_started_ends_and_another_can_take_its_place(start, port):
    killed = start("--no-demo")
    await_words(killed, "POMS serves on")
    pids = parts_of(killed)

    killed.kill()

    await_end_of(pids)
    await_words(start("--no-demo"), "POMS serves on")


def test_a_port_in_use_is_said_before_anything_is_started(start, port, tmp_path):
    with socket.create_server(("127.0.0.1", port)):
        supervisor = start("--no-demo")

        assert supervisor.wait(60) == 1
        assert f"port {port} can't be had" in supervisor.stdout.read()
    assert not (tmp_path / "data/log").exists()

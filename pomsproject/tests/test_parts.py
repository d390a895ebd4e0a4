"""The parts of ``make run`` are kept alive, and end together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pomsproject import parts, trouble

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


@pytest.fixture
def make_part(tmp_path):
    made = []

    def make(*command):
        made.append(parts.Part("part", list(command), dict(os.environ), tmp_path / "part.log"))
        return made[-1]

    yield make
    for part in made:
        part.stop()


def await_that(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.crash
def test_a_part_that_is_killed_is_started_again_and_that_is_said(make_part):
    part, said = make_part(*SLEEPER), []
    first = part.process.pid
    os.kill(first, signal.SIGKILL)
    part.process.wait()

    part.look(said.append)

    assert part.process.pid != first
    assert part.process.poll() is None
    assert said[0].startswith("part ended (-9); it is started again")


def test_a_part_that_lives_is_left_alone(make_part):
    part = make_part(*SLEEPER)
    process = part.process

    part.look(pytest.fail)

    assert part.process is process


def test_a_part_that_ends_again_and_again_fails_with_its_last_words(make_part):
    part = make_part(sys.executable, "-c", "raise SystemExit('no such luck')")

    def die(times):
        for _ in range(times):
            part.process.wait()
            part.look(lambda text: None)

    die(parts.MOST_DEATHS)
    with pytest.raises(parts.PartFailed, match=r"(?s)keeps ending.*no such luck"):
        die(1)


FAILS = """
import sys, traceback
for line in sys.stdin:
    try:
        raise ValueError(line.strip())
    except ValueError:
        traceback.print_exc()
"""


def test_a_part_that_lives_but_fails_again_and_again_is_told_of_once(make_part, tmp_path):
    orders, said = tmp_path / "orders", []
    os.mkfifo(orders)
    part = make_part("sh", "-c", f"exec {sys.executable} -uc '{FAILS}' < {orders}")
    with orders.open("w", buffering=1) as give:
        for number in range(6):
            give.write(f"no such luck {number}\n")
            await_that(lambda number=number: f"ValueError: no such luck {number}\n" in part.said())
            part.look(said.append)
            assert len(said) == (number >= 2), said

    assert said[0].startswith("part fails again and again, and goes on trying:")
    assert '"ValueError: no such luck 2"' in said[0]
    assert said[0].endswith(f"its log is {part.log}")


def test_a_failure_now_and_then_is_not_told_of(make_part, monkeypatch):
    monkeypatch.setattr(trouble, "WITHIN", 0.01)
    part = make_part(*SLEEPER)
    for _ in range(6):
        with part.log.open("a") as log:
            log.write("the database can't be reached, trying again: no\n")
        part.look(pytest.fail)
        time.sleep(0.02)


def test_a_part_that_ignores_the_request_to_end_is_ended(make_part, monkeypatch):
    monkeypatch.setattr(parts, "PATIENCE", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    part = make_part(sys.executable, "-c", deaf + "print('up', flush=True); time.sleep(60)")
    await_that(lambda: part.said() == "up\n")

    part.stop()

    assert part.process.returncode == -signal.SIGKILL


def test_what_the_last_start_said_is_kept_beside_the_new_log(make_part):
    say = "import sys, time; print(sys.argv[1], flush=True); time.sleep(60)"
    for words in ("first", "second", "third"):
        part = make_part(sys.executable, "-c", say, words)
        await_that(lambda part=part, words=words: part.said() == f"{words}\n")

    assert part.log.with_name("part.log.1").read_text() == "second\n"


@pytest.mark.crash
def test_parts_end_with_a_supervisor_that_is_killed(tmp_path):
    supervisor = (
        "import os, sys, time; from pathlib import Path; from pomsproject.parts import Part\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "part = Part('part', command, dict(os.environ), Path(sys.argv[1]))\n"
        "print(part.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", supervisor, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        pid = int(process.stdout.readline())
        assert is_running(pid)
        process.kill()

    await_that(lambda: not is_running(pid))

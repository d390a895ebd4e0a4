"""Nothing of a submit command outlives the wrapper or the leave, its grandchildren included."""

import subprocess
import sys
import time

import pytest

from poms_client.systems import running
from poms_client.tests.fake_poms import until

SLOW = "echo begun; (sleep 0.6; touch made) & wait"
WRAPPER = f"from poms_client.systems.running import submit; submit(['sh', '-c', {SLOW!r}], None)"


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "made"


def boottime():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_submit_that_is_left_alone_ends_and_says_what_it_said(made, capfd):
    assert running.submit(["sh", "-c", SLOW], boottime() + 30) == "begun\n"
    assert made.exists()
    assert capfd.readouterr().out == "begun\n"


def test_a_submit_dies_with_its_wrapper(environment, made):
    wrapper = subprocess.Popen([sys.executable, "-c", WRAPPER], stdout=subprocess.PIPE, text=True)
    with wrapper.stdout as said:
        until(lambda: said.readline() == "begun\n")
        wrapper.kill()
        wrapper.wait()

    time.sleep(1.0)
    assert not made.exists()


def test_a_submit_dies_with_the_leave(made):
    assert running.submit(["sh", "-c", SLOW], boottime() + 0.3) in ("", "begun\n")
    time.sleep(1.0)
    assert not made.exists()

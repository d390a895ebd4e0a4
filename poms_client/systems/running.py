"""Running a batch system's commands: questions, which may be repeated, and the submit, once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Callable, Optional

from poms_client.errors import NotConfigured, PomsError
from poms_client.systems.base import Order

TIME_TO_ANSWER = 120.0  # seconds
TIME_TO_SUBMIT = 600.0  # seconds, for a submit without leave
GUARD = Path(__file__).with_name("guard.py")


class NoAnswer(PomsError):
    """The batch system gave no clear answer; nobody knows what it has."""

    exit_code = 4


class NotSubmitted(PomsError):
    """The submit command gave no job id; POMS asks the batch system before it tries again."""

    exit_code = 7


def program(name: str, but: Optional[Callable[[str], bool]] = None) -> str:
    """Return the path of a command, the first in PATH that ``but`` isn't true of.

    :raises NotConfigured: there is none.
    """
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = which(name, path=folder or ".")
        if found and not (but and but(found)):
            return found
    raise NotConfigured(f"there is no command {name} in PATH: set the batch system up first")


def ask(argv: Sequence[str]) -> str:
    """Run a command that may be repeated, and return what it prints.

    :raises NoAnswer: it can't be started, takes too long or fails.
    """
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_TO_ANSWER,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"{argv[0]} gave no answer in {TIME_TO_ANSWER:.0f} seconds") from None
    except OSError as error:
        raise NoAnswer(f"{argv[0]} can't be started: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise NoAnswer(f"{argv[0]} failed with exit code {done.returncode}: {said}")
    return done.stdout


def submit(
    argv: Sequence[str], expires: Optional[float], environment: Optional[Mapping[str, str]] = None
) -> str:
    """Run a submit command once, show what it prints, and return it.

    Its exit code isn't looked at, as jobsub ends with 0 after a failure, too: what counts is the
    job id. It dies with this process and with the leave.

    :param expires: by ``CLOCK_BOOTTIME``; None without leave.
    """
    seconds = TIME_TO_SUBMIT
    if expires is not None:
        seconds = max(expires - time.clock_gettime(time.CLOCK_BOOTTIME), 0.0)
    said: list[str] = []
    with _held_pipe() as ours:
        guarded = subprocess.Popen(
            [sys.executable, str(GUARD), str(ours), str(seconds), *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            pass_fds=[ours],
            start_new_session=True,
        )
        assert guarded.stdout is not None
        with guarded.stdout:
            for line in guarded.stdout:
                print(line, end="", flush=True)
                said.append(line)
        guarded.wait()
    return "".join(said)


def file_stem(order: Order) -> str:
    """Return how the files of a submit are called, without what tells jobs apart."""
    return f"poms_{order.submission or 'untracked'}"


def written(order: Order, suffix: str, text: str) -> str:
    """Write a new file where the jobs are submitted from, and return its path."""
    handle, name = tempfile.mkstemp(suffix, f"{file_stem(order)}_", order.cwd)
    os.close(handle)
    Path(name).write_text(text)
    return name


@contextmanager
def _held_pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)

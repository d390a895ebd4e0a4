"""The long-running parts of ``make run``: started, started again when they end, stopped by pid."""

import contextlib
import ctypes
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pomsproject.trouble import Trouble

PR_SET_PDEATHSIG = 1
PATIENCE = 15.0
MOST_DEATHS, WITHIN = 5, 60.0
LIBC = ctypes.CDLL(None)


class PartFailed(Exception):
    """A part dies again and again; the message has the end of its log."""


class Part:
    """One process in a session of its own, so that Ctrl-C is the supervisor's to hand on."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path):
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        keep_former(log)
        self.trouble = Trouble(name, log)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - we have no threads
            )

    def look(self, say: Callable[[str], None]) -> None:
        """Start the part again if it has ended; a part has no reason to.

        Where it lives and fails again and again, that is said.

        :raises PartFailed: when it ended too often.
        """
        self.trouble.look(say)
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if len(self.deaths) == MOST_DEATHS and now - self.deaths[0] < WITHIN:
            raise PartFailed(f"{self.name} keeps ending; the end of {self.log}:\n{self.said()}")
        self.deaths.append(now)
        say(f"{self.name} ended ({self.process.returncode}); it is started again, see {self.log}")
        self.process = self._start()

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """Ask it to end, and end it when it doesn't."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def keep_former(log: Path) -> None:
    """Make room for a new log; what the last start said stays beside it, as ``<name>.log.1``."""
    with contextlib.suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.name}.1"))


def end_with_parent() -> None:
    """Have the kernel end this process with the supervisor, even one that is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

"""What a launcher does: start a script on a launch host, say how it is, and ask the batch there."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from datahandling.base import Unknown
from submissions.models import Submission

# Exit codes of `poms submit`: no clear answer from POMS, and leave that ran out. By its promise
# nothing was submitted then, and nothing is wrong with the script.
OUT_OF_TOUCH = frozenset({4, 6})


class ScriptState(StrEnum):
    NOT_STARTED = "not started"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class ScriptStatus:
    """How a launch script is; ``exit_code`` is negative for a signal, None while it isn't known."""

    state: ScriptState
    exit_code: int | None = None

    @property
    def was_lost(self) -> bool:
        """Whether it ended through no fault of its own, so that another attempt may do better."""
        code = self.exit_code
        return code is None or code < 0 or code > 128 or code in OUT_OF_TOUCH


@dataclass(frozen=True)
class Found:
    """Jobs in the batch that carry a submission's tag."""

    jobsub_job_id: str
    jobs: int


@dataclass(frozen=True)
class FailedJob:
    """A job by its number in the batch's cluster; ``code`` is None where it never ran."""

    number: int
    id: str
    code: int | None
    why: str


class CannotStart(Exception):
    """A launcher that isn't allowed, or can't reach what it needs; the text says what to do."""


class CannotAbort(Exception):
    """A launch that can't be stopped; the text says why."""


class Launcher(ABC):
    @classmethod
    def of(cls, submission: Submission) -> Self:
        """Return the launcher of ``submission``. May raise CannotStart."""
        return cls()

    def prepare(self) -> None:
        """See that a launch can be started at all, before there is one.

        Raises Unknown where the launch host can't be reached: nothing was started, so it can be
        tried again as often as one likes.
        """
        return

    @abstractmethod
    def start(self, folder: Path) -> None:
        """Start ``folder``/script.sh detached; log, process id and exit code land beside it."""

    @abstractmethod
    def status(self, folder: Path) -> ScriptStatus:
        """Say how the script of an attempt is."""

    def abort(self, folder: Path) -> None:
        """Kill the script of an attempt, with all that it started.

        Raises CannotAbort where it doesn't run, Unknown where nobody can tell.
        """
        raise CannotAbort("unable to abort launch")

    @abstractmethod
    def find_jobs(self, submission: int) -> Found | None:
        """Ask the batch system for a submission's tag; None is a clear *no*. May raise Unknown."""

    @abstractmethod
    def control(self, act: str, submission: int) -> str:
        """``kill``, ``hold`` or ``release`` the jobs of a submission; return what was said.

        Raises Unknown if the command didn't succeed.
        """

    def failed_jobs(self, submission: int) -> list[FailedJob]:
        """Return those of a submission's jobs whose logs can be had. May raise Unknown."""
        return []

    def job_log(self, submission: int, job: int) -> dict[str, str]:
        """Return the end of what a job said, by stream: ``stdout``, ``stderr``.

        Raises Unknown where there is none, or it can't be had.
        """
        raise Unknown("no logs of jobs can be had from where this was launched")

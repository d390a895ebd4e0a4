"""What a launcher does: start a script on a launch host, say how it is, and ask the batch there."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


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
    def was_killed(self) -> bool:
        return self.exit_code is None or self.exit_code < 0 or self.exit_code > 128


@dataclass(frozen=True)
class Found:
    """Jobs in the batch that carry a submission's tag."""

    jobsub_job_id: str
    jobs: int


class CannotStart(Exception):
    """A launcher that isn't allowed, or can't reach what it needs; the text says what to do."""


class Launcher(ABC):
    @abstractmethod
    def start(self, folder: Path) -> None:
        """Start ``folder``/script.sh detached; log, process id and exit code land beside it."""

    @abstractmethod
    def status(self, folder: Path) -> ScriptStatus:
        """Say how the script of an attempt is."""

    @abstractmethod
    def find_jobs(self, submission: int) -> Found | None:
        """Ask the batch system for a submission's tag; None is a clear *no*. May raise Unknown."""

    @abstractmethod
    def control(self, act: str, submission: int) -> str:
        """``kill``, ``hold`` or ``release`` the jobs of a submission; return what was said.

        Raises Unknown if the command didn't succeed.
        """

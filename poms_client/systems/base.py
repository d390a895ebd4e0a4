"""What the wrapper and the commands ask of a batch system."""

from __future__ import annotations

import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Optional


@dataclass(frozen=True)
class Order:
    """What to submit, and as whose.

    :param lines: more lines of the system's own language (``-l``), or options of its command.
    :param environment: what jobs are told, beside what the system tells them.
    :param jobs: how many; what the command is told where it counts itself (jobsub, a description).
    :param description: a submit description or a batch script to be submitted instead of ``argv``.
    :param dag: a DAGMan file instead.
    :param expires: by ``CLOCK_BOOTTIME``; the submit dies then.
    """

    argv: tuple[str, ...]
    jobs: int
    environment: Mapping[str, str]
    cwd: str
    submission: Optional[int] = None
    attempt: Optional[int] = None
    lines: Sequence[str] = ()
    description: str = ""
    dag: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    project: str = ""
    expires: Optional[float] = None


class Found(NamedTuple):
    """A cluster by its tags; ``jobs`` is how many are known, without leaders of DAGs."""

    jobsub_job_id: str
    attempt: Optional[int]
    jobs: int


def here() -> str:
    return f"wrapper@{socket.gethostname()}"


@dataclass(frozen=True)
class Submitted:
    """A cluster that is in.

    :param jobs: None where the system doesn't say how many.
    :param status: what to report; New says nothing about where the jobs are by now, and so is no
        older news than an agent's.
    :param at: when, in seconds since 1970.
    :param is_shown: the command has printed the job id in jobsub's words itself.
    """

    id: str
    jobs: Optional[int]
    status: str = "New"
    source: str = field(default_factory=here)
    at: float = field(default_factory=time.time)
    is_shown: bool = False


class System(ABC):
    """:cvar elsewhere: jobs run on other machines."""

    name: ClassVar[str]
    elsewhere: ClassVar[bool] = True

    @abstractmethod
    def check(self) -> None:
        """Find out whether it can be submitted to, before leave is taken.

        :raises PomsError: it can't.
        """

    @abstractmethod
    def submit(self, order: Order) -> Submitted:
        """Submit the order as one cluster, once.

        :raises NotSubmitted: there is no job id.
        """

    def look_after(self) -> None:  # noqa: B027 - most look after themselves
        """Do what the system needs for jobs that have just been submitted to run."""

    @abstractmethod
    def find(self, submission: int, since: Optional[float]) -> list[Found]:
        """Return every cluster that it ever had for the submission; none is a clear answer.

        :param since: when the launch began, in seconds since 1970: what ended before isn't read.
        :raises NoAnswer: it doesn't know, or not all of it answers.
        """


class Controllable(System):
    """A system whose jobs are killed, held and released by one command of its own."""

    @abstractmethod
    def control(self, act: str, submission: int) -> str:
        """Do ``kill``, ``hold`` or ``release`` to all jobs; return what the command printed.

        :raises NoAnswer: it failed. That nothing is there to be done is no failure.
        """

"""What the jobs of a submission say about the submission (the rules of today's agents, mended)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Callable, Optional


@dataclass(frozen=True)
class Jobs:
    """How many jobs of a submission are in which state; a job is in exactly one."""

    submitted: int
    idle: int = 0
    running: int = 0
    held: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def finished(self) -> int:
        return self.completed + self.failed + self.cancelled

    @property
    def known(self) -> int:
        return self.finished + self.idle + self.running + self.held

    @property
    def are_over(self) -> bool:
        return self.finished > 0 and not (self.idle or self.running or self.held)

    @property
    def pct_complete(self) -> float:
        return round(100.0 * self.finished / self.submitted, 1) if self.submitted else 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Rules = tuple[tuple[str, Callable[[Jobs], bool]], ...]

# The first that holds. "Cancelled" stands for what whoever removed the jobs wants it called.
WHEN_OVER: Rules = (
    ("Failed", lambda jobs: 2 * jobs.failed > jobs.completed),
    ("Cancelled", lambda jobs: 0 < jobs.cancelled == jobs.known),
    ("Completed", lambda jobs: True),
)
UNTIL_THEN: Rules = (
    ("Held", lambda jobs: jobs.held > 0),
    ("Running", lambda jobs: jobs.running > 0),
    ("Idle", lambda jobs: jobs.idle > 0),
)


def status(jobs: Jobs, removed_as: str = "Cancelled", over: Optional[bool] = None) -> Optional[str]:
    """Return the submission's status, or None when the jobs don't say one.

    :param over: whether no more happens, where the batch system says so; else the counts do.
    """
    rules = WHEN_OVER if (jobs.are_over if over is None else over) else UNTIL_THEN
    said = next((word for word, holds in rules if holds(jobs)), None)
    return removed_as if said == "Cancelled" else said

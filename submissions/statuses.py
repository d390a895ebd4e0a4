"""The statuses of a submission, and the one table of who may move it from which to which.

These are the rules W1-W4. Whoever changes a status goes through
``SubmissionQuerySet.move``, which asks ``sources`` below.
"""

from collections.abc import Mapping
from functools import cache

from django.db import models


class Status(models.TextChoices):
    NEW = "New"
    LAUNCH_FAILED = "LaunchFailed"
    AWAITING_APPROVAL = "Awaiting Approval"
    APPROVED = "Approved"
    IDLE = "Idle"
    RUNNING = "Running"
    HELD = "Held"
    FAILED = "Failed"
    COMPLETED = "Completed"
    LOCATED = "Located"
    REMOVED = "Removed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"


class Actor(models.TextChoices):
    """Who moves a submission."""

    AGENT = "agent"  # reports what the batch system says
    PERSON = "person"
    WORKFLOW = "workflow"  # launches and wraps up


class ShownStatus(models.TextChoices):
    """What pages show of submissions on Data Dispatcher, whatever they are beneath."""

    CREATED = "Created"
    COMPLETED = "Completed"
    WITH_FAILURES = "Completed with failures"


S = Status
IN_BATCH = frozenset({S.IDLE, S.RUNNING, S.HELD})
BROKEN = frozenset({S.FAILED, S.LAUNCH_FAILED})
ENDED_BY_PERSON = frozenset({S.REMOVED, S.CANCELLED})
SETTLED = ENDED_BY_PERSON | {S.LOCATED, S.SKIPPED}  # nothing more happens to such a recovery
OVER = frozenset(
    {S.FAILED, S.COMPLETED, S.REMOVED, S.CANCELLED}
)  # what an agent says when no job is left

ENDED_WELL = frozenset({S.COMPLETED, S.LOCATED, S.SKIPPED})
ENDED_BADLY = BROKEN | ENDED_BY_PERSON
ENOUGH_PROCESSED = 80  # percent of the files that make an end without failures, if none failed

_A, _P, _W = Actor.AGENT, Actor.PERSON, Actor.WORKFLOW
_REPORTED = {status: {_A} for status in IN_BATCH} | {
    S.COMPLETED: {_A, _P},
    S.FAILED: {_A},
    S.REMOVED: {_A, _P},
    S.CANCELLED: {_A, _P},
}

TRANSITIONS: dict[Status, dict[Status, set[Actor]]] = {
    S.NEW: _REPORTED
    | {
        S.IDLE: {_A, _W},
        S.LAUNCH_FAILED: {_A, _W},
        S.AWAITING_APPROVAL: {_W},
        S.SKIPPED: {_W},  # its launch found nothing to run on
        S.COMPLETED: {_A},  # a person's kick would leave the launch to go on by itself
    },
    S.LAUNCH_FAILED: _REPORTED | {S.NEW: {_P}, S.IDLE: {_A, _W}},
    S.AWAITING_APPROVAL: {S.APPROVED: {_P}, S.REMOVED: {_P}, S.CANCELLED: {_P}},
    S.APPROVED: {S.COMPLETED: {_W}, S.REMOVED: {_P}, S.CANCELLED: {_P}},
    S.IDLE: _REPORTED,
    S.RUNNING: _REPORTED,
    S.HELD: _REPORTED,
    S.FAILED: {S.COMPLETED: {_P}, S.REMOVED: {_P}, S.CANCELLED: {_P}},
    S.COMPLETED: {S.LOCATED: {_W}, S.REMOVED: {_P}, S.CANCELLED: {_P}},
    S.LOCATED: {},
    S.REMOVED: {},
    S.CANCELLED: {},
    S.SKIPPED: {},
}


@cache
def sources(target: Status, actor: Actor) -> tuple[Status, ...]:
    """Return the statuses that ``actor`` may move to ``target`` from; never ``target`` itself."""
    return tuple(
        source
        for source, targets in TRANSITIONS.items()
        if actor in targets.get(target, ()) and source != target
    )


def may_move(source: Status, target: Status, actor: Actor) -> bool:
    return source in sources(target, actor)


def shown_on_dispatcher(
    status: str, states: Mapping[str, int] | None = None, failed_jobs: int = 0
) -> ShownStatus:
    """Return what is shown for a submission on Data Dispatcher.

    ``states`` counts its own handles by state, as they were after its jobs ended; None while that
    isn't known. Then failed jobs say whether there were failures.
    """
    if status in ENDED_BADLY:
        return ShownStatus.WITH_FAILURES
    if status not in ENDED_WELL:
        return ShownStatus.CREATED
    return ShownStatus.WITH_FAILURES if has_failures(states, failed_jobs) else ShownStatus.COMPLETED


def has_failures(states: Mapping[str, int] | None, failed_jobs: int) -> bool:
    """Tell whether a file failed, or so few were processed that jobs must have failed."""
    if not states or not sum(states.values()):
        return failed_jobs > 0
    processed, files = states["done"] + states["failed"], sum(states.values())
    few = 100 * processed < ENOUGH_PROCESSED * files
    return states["failed"] > 0 or few or (failed_jobs > 0 and processed < files)

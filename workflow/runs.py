"""Whether a run is done: no chain unfinished or broken, no join ripe or blocked, no pass still to walk."""

from dataclasses import dataclass
from enum import StrEnum

from submissions.models import Pass, Run, Submission
from submissions.statuses import BROKEN
from workflow.models import Join


class State(StrEnum):
    RUNNING = "running"
    BROKEN = "broken"  # nothing more happens by itself until a person acts
    DONE = "done"


@dataclass(frozen=True)
class RunState:
    """The state of a run, and in words what it waits for or is broken by."""

    state: State
    reasons: tuple[str, ...] = ()


def state_of(run: Run) -> RunState:
    chains = Submission.objects.filter(run=run, replaced_by=None, finished_at=None)
    unfinished = chains.filter(original=None) | chains.filter(original__isnull=False).exclude(original__finished_at__isnull=False)
    rows = list(unfinished.select_related("stage").order_by("pk"))
    broken = tuple(f"{row.stage.name}: submission {row.pk} is {row.status}" for row in rows if row.status in BROKEN)
    walking = [f"{walk.stage.name}: pass {walk.pk} is being walked" for walk in Pass.objects.filter(run=run, due_at__isnull=False).select_related("stage")]
    joining = [f"{join.stage.name}: waits for {join.waits_for or 'its look'}" for join in _joins_to_come(run)]
    moving = [f"{row.stage.name}: submission {row.pk} is {row.status}" for row in rows if _moves(row, broken_chains(rows))]
    if moving or walking or [join for join in _joins_to_come(run) if join.due_at]:
        return RunState(State.RUNNING, (*broken, *moving, *walking, *joining))
    if broken:
        return RunState(State.BROKEN, (*broken, *joining))
    return RunState(State.DONE)


def broken_chains(rows: list[Submission]) -> set[int]:
    """Return the chains that have a broken member."""
    return {row.chain_id for row in rows if row.status in BROKEN}


def _moves(row: Submission, broken: set[int]) -> bool:
    """Tell whether something will still happen to this submission without a person."""
    if row.status in BROKEN:
        return False
    waits_for_broken_recovery = row.original_id is None and row.pk in broken and row.due_at is None
    settled_recovery = row.original_id is not None and row.status in ("Located", "Removed", "Cancelled", "Skipped")
    return not waits_for_broken_recovery and not settled_recovery


def _joins_to_come(run: Run) -> list[Join]:
    """Return the joins that have something to join, or are to be looked at."""
    joins = Join.objects.filter(run=run).select_related("stage")
    return [join for join in joins if join.due_at or _has_feeds(join)]


def _has_feeds(join: Join) -> bool:
    return join.stage.fed_by.filter(run=join.run_id, child=None, walked_by=None).exists()

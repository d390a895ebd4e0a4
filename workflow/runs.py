"""Whether a run is done: nothing unfinished or broken, no pass to walk, no join ripe or blocked."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign
from campaigns.templatetags.moments import clock
from datahandling.services import TITLES
from submissions.models import Feed, Pass, Run, Submission
from submissions.statuses import BROKEN, SETTLED, Status
from workflow.holds import holding
from workflow.models import Hold, Join

# Where a missing answer holds things up; elsewhere it is an old one.
ASKED_ABOUT = frozenset({Status.NEW, Status.COMPLETED, Status.LOCATED})

R = TypeVar("R", Submission, Pass, Join)


class State(StrEnum):
    RUNNING = "running"
    BROKEN = "broken"  # nothing more happens by itself until a person acts
    DONE = "done"


@dataclass(frozen=True)
class RunState:
    """The state of a run, and in words what it waits for or is broken by.

    ``held``: all that could move is queued under a hold. ``no_answer``: whose answers it waits for,
    since when.
    """

    state: State
    reasons: tuple[str, ...] = ()
    held: bool = False
    no_answer: str = ""


def state_of(run: Run) -> RunState:
    return states_of([run.pk])[run.pk]


def states_of(runs: Iterable[int]) -> dict[int, RunState]:
    """Return the state of each of these runs, in a few queries of one moment."""
    wanted = list(runs)
    with one_moment():
        members = _by_run(wanted, _open_members(wanted))
        walks = _by_run(wanted, _walks(wanted))
        joins = _by_run(wanted, joins_to_come(wanted))
        held = holding(chain.from_iterable(members.values()))
    return {run: _state(members[run], walks[run], joins[run], held) for run in wanted}


@contextmanager
def one_moment() -> Iterator[None]:
    """Let the queries inside see the same moment, or what the transaction around them sees.

    Otherwise a join that fires between two of them is in neither: a run would seem done.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _state(
    members: list[Submission], walks: list[Pass], joins: list[Join], held: Mapping[int, Hold]
) -> RunState:
    broken = [row for row in members if row.status in BROKEN]
    stuck = {row.chain_id for row in broken}
    moving = [row for row in members if row.status not in BROKEN and _moves(row, stuck)]
    reasons = (
        *_said(broken, held),
        *_said(moving, held),
        *(f"{walk.stage.name}: pass {walk.pk} is being walked" for walk in walks),
        *(f"{join.stage.name}: waits for {join.waits_for or 'its look'}" for join in joins),
    )
    ripening = [join for join in joins if join.due_at]
    if moving or walks or ripening:
        nothing_else = not walks and not ripening and all(row.pk in held for row in moving)
        return RunState(State.RUNNING, reasons, held=nothing_else, no_answer=_no_answer(moving))
    return RunState(State.BROKEN, reasons) if reasons else RunState(State.DONE)


def _no_answer(rows: list[Submission]) -> str:
    since = [row.unknown_since for row in rows if row.unknown_since and row.status in ASKED_ABOUT]
    return without_answer(rows[0].stage.campaign, min(since)) if since else ""


def without_answer(campaign: Campaign, since: datetime) -> str:
    """Say whose answers a campaign's submissions wait for."""
    service = TITLES[campaign.data_handler]
    return f"waits for {service} of {campaign.experiment}: no answer since {clock(since)}"


def _by_run(runs: list[int], rows: Iterable[R]) -> dict[int, list[R]]:
    grouped: dict[int, list[R]] = {run: [] for run in runs}
    for row in rows:
        if row.run_id is not None:
            grouped[row.run_id].append(row)
    return grouped


def _open_members(runs: list[int]) -> QuerySet[Submission]:
    """Return the members of unfinished chains: originals, and recoveries not yet over."""
    open_chain = Q(original=None) | Q(original__finished_at=None) & ~Q(status__in=SETTLED)
    rows = Submission.objects.filter(open_chain, run__in=runs, replaced_by=None, finished_at=None)
    return rows.select_related("stage__campaign__experiment").order_by("pk")


def _walks(runs: list[int]) -> QuerySet[Pass]:
    walks = Pass.objects.filter(run__in=runs, due_at__isnull=False)
    return walks.select_related("stage").order_by("pk")


def _moves(row: Submission, stuck: set[int]) -> bool:
    """Tell whether something will still happen to it by itself, or on a report.

    An original that nobody looks at waits for its recovery; if that is broken, for a person.
    """
    return not (row.original_id is None and row.pk in stuck and row.due_at is None)


def _said(rows: Iterable[Submission], held: Mapping[int, Hold]) -> list[str]:
    return [
        f"{row.stage.name}: submission {row.pk} is "
        + (f"held ({held[row.pk]})" if row.pk in held else row.status)
        for row in rows
    ]


def joins_to_come(runs: list[int]) -> QuerySet[Join]:
    """Return the joins that have something to join, or are to be looked at."""
    waiting = Feed.objects.filter(
        stage=OuterRef("stage"), run=OuterRef("run"), child=None, walked_by=None
    )
    joins = Join.objects.filter(Q(due_at__isnull=False) | Exists(waiting), run__in=runs)
    return joins.select_related("stage").order_by("pk")

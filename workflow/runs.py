"""Whether a run is done: nothing unfinished or broken, no pass to walk, no join ripe or blocked."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Window,
)
from django.db.models.functions import RowNumber

from campaigns.models import Campaign
from campaigns.templatetags.moments import clock
from datahandling.services import TITLES
from submissions.models import Feed, Pass, Run, Submission
from submissions.showing import shown_status, with_shown_parts
from submissions.statuses import BROKEN, SETTLED, Status
from workflow.holds import with_holds
from workflow.models import Hold, Join

# Where a missing answer holds things up; elsewhere it is an old one. A launch also asks the launch
# host, the batch and whoever makes credentials, the others ask the data handler only.
ASKED_ABOUT = {
    "launch": Q(status=Status.NEW),
    "output": Q(status__in=[Status.COMPLETED, Status.LOCATED]),
}

MOST_REASONS = 8


class State(StrEnum):
    RUNNING = "running"
    BROKEN = "broken"  # nothing more happens by itself until a person acts
    DONE = "done"


@dataclass(frozen=True)
class RunState:
    """The state of a run, and in words what it waits for or is broken by.

    ``more``: how many reasons there are beside those given, broken submissions being given first.
    ``held``: all that could move is queued under a hold. ``no_answer``: whose answers it waits for,
    since when.
    """

    state: State
    reasons: tuple[str, ...] = ()
    more: int = 0
    held: bool = False
    no_answer: str = ""


def state_of(run: Run) -> RunState:
    return states_of([run.pk])[run.pk]


def states_of(runs: Iterable[int], most: int = MOST_REASONS) -> dict[int, RunState]:
    """Return the state of each of these runs, with up to ``most`` reasons, as of one moment.

    Costs a few queries and rows, however many submissions are open: the database counts them.
    """
    wanted = list(runs)
    with one_moment():
        members = _by_run(wanted, _first(_open_members(wanted), most, "-broken"))
        walks = _by_run(wanted, _first(_walks(wanted), most))
        joins = _by_run(wanted, joins_to_come(wanted))
        holds = _holds_over(chain.from_iterable(members.values()))
    return {run: _state(members[run], walks[run], joins[run], holds, most) for run in wanted}


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
    members: list[Any], walks: list[Any], joins: list[Join], holds: Mapping[int, Hold], most: int
) -> RunState:
    reasons = (
        *(_said(row, holds) for row in members),
        *(f"{walk.stage.name}: pass {walk.pk} is being walked" for walk in walks),
        *(f"{join.stage.name}: waits for {join.waits_for or 'its look'}" for join in joins),
    )
    more = _in_all(members) + _in_all(walks) + len(joins) - len(reasons[:most])
    ripening = [join for join in joins if join.due_at]
    moving = members[0].moving if members else 0
    if not (moving or walks or ripening):
        state = State.BROKEN if reasons else State.DONE
        return RunState(state, reasons[:most], more)
    nothing_else = not walks and not ripening and not members[0].free
    no_answer = (
        without_answer(members[0].stage.campaign, members[0].no_launch, members[0].no_output)
        if moving
        else ""
    )
    return RunState(State.RUNNING, reasons[:most], more, held=nothing_else, no_answer=no_answer)


def _said(row: Any, holds: Mapping[int, Hold]) -> str:
    status = _status(row) if row.under is None else f"held ({holds[row.under]})"
    return f"{row.stage.name}: submission {row.pk} is {status}"


def _status(row: Any) -> str:
    """Return the status as pages show it, with the one behind it where that says more."""
    shown = shown_status(row)
    return shown if shown == row.status else f"{shown} ({row.status})"


def without_answer(campaign: Campaign, launch: datetime | None, output: datetime | None) -> str:
    """Say whose answers a campaign's submissions wait for; the times are since when, or None."""
    if output is not None:
        service = TITLES[campaign.data_handler]
        return f"waits for {service} of {campaign.experiment}: no answer since {clock(output)}"
    if launch is not None:
        return f"a launch has had no answer since {clock(launch)}: its submission says from whom"
    return ""


def _by_run(runs: list[int], rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {run: [] for run in runs}
    for row in rows:
        grouped[row.run_id].append(row)
    return grouped


def _first(rows: QuerySet[Any], many: int, *order: str) -> QuerySet[Any]:
    """Return the first ``many`` rows of each run, each with ``in_all``: how many its run has."""
    place = Window(RowNumber(), partition_by="run", order_by=[*order, "pk"])
    rows = rows.annotate(place=place, in_all=Window(Count("pk"), partition_by="run"))
    return rows.filter(place__lte=many).order_by("place")


def _in_all(rows: list[Any]) -> int:
    return rows[0].in_all if rows else 0


def _open_members(runs: list[int]) -> QuerySet[Any]:
    """Return the members of unfinished chains: originals, and recoveries not yet over.

    Each says ``broken`` of itself, and of its run how many are ``moving``, by themselves or on a
    report; how many of these are ``free`` of holds; and since when answers about launches or output
    are missing. An original that nobody looks at waits for its recovery; if that is broken, for a
    person: it is left out.
    """
    open_chain = Q(original=None) | Q(original__finished_at=None) & ~Q(status__in=SETTLED)
    members = Submission.objects.filter(
        open_chain, run__in=runs, replaced_by=None, finished_at=None
    )
    broken = Q(status__in=BROKEN)
    stuck = Exists(
        Submission.objects.filter(
            broken, original=OuterRef("pk"), replaced_by=None, finished_at=None
        )
    )
    since = {
        about: Min("unknown_since", filter=~broken & which) for about, which in ASKED_ABOUT.items()
    }
    members = members.exclude(~broken & stuck, original=None, due_at=None)
    rows: QuerySet[Any] = with_holds(members).annotate(
        broken=ExpressionWrapper(broken, BooleanField()),
        moving=Window(Count("pk", filter=~broken), partition_by="run"),
        free=Window(Count("pk", filter=~broken & Q(under=None)), partition_by="run"),
        no_launch=Window(since["launch"], partition_by="run"),
        no_output=Window(since["output"], partition_by="run"),
    )
    return with_shown_parts(rows.select_related("stage__campaign__experiment"))


def _holds_over(submissions: Iterable[Any]) -> dict[int, Hold]:
    keys = {row.under for row in submissions if row.under is not None}
    rows = Hold.objects.select_related("experiment", "campaign", "stage")
    return rows.in_bulk(keys) if keys else {}


def _walks(runs: list[int]) -> QuerySet[Pass]:
    return Pass.objects.filter(run__in=runs, due_at__isnull=False).select_related("stage")


def joins_to_come(runs: list[int]) -> QuerySet[Join]:
    """Return the joins that have something to join, or are to be looked at."""
    waiting = Feed.objects.filter(
        stage=OuterRef("stage"), run=OuterRef("run"), child=None, walked_by=None
    )
    joins = Join.objects.filter(Q(due_at__isnull=False) | Exists(waiting), run__in=runs)
    return joins.select_related("stage").order_by("pk")

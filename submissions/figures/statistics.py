"""Keep the figures of submissions fresh, in the background: pages only read them.

What moves is asked often, what doesn't ever more rarely, and what is over and stands still never
again: the cost follows what is open or changes.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from datahandling.base import QueryError, Unknown
from datahandling.caching import looking
from submissions.figures import Found, find_figures
from submissions.models import FileStatistics
from submissions.models.statistics import FileStatisticsQuerySet

FIRST = timedelta(seconds=15)
LONGEST = timedelta(minutes=15)  # while something may still move by itself
LONGEST_OVER = timedelta(hours=6)  # after that nothing is expected any more


def waiting() -> FileStatisticsQuerySet:
    """Return all of them, with what asking needs."""
    return FileStatistics.objects.select_related(
        "submission__snapshot", "submission__stage__campaign__experiment"
    )


def refresh(statistics: FileStatistics) -> None:
    """Ask for the figures of one submission, claimed before; without an answer they stay.

    What a decision of the same pass asked a moment ago isn't asked again.
    """
    try:
        with looking() as look:
            found = find_figures(statistics.submission)  # nothing is locked
    except (Unknown, QueryError) as why:
        _keep_no_answer(statistics, str(why))
    else:
        _keep(statistics, found, look.as_of or timezone.now())


def _keep(statistics: FileStatistics, found: Found, as_of: datetime) -> None:
    kept = asdict(found)
    same = all(getattr(statistics, name) == value for name, value in kept.items())
    looks = statistics.looks + 1 if same and statistics.asked_at is not None else 0
    _settle(
        statistics,
        _next_look(statistics, looks),
        looks,
        {**kept, "asked_at": as_of, "unknown": "", "unknown_at": None},
    )


def _keep_no_answer(statistics: FileStatistics, why: str) -> None:
    """Leave the figures as they were, with their age, and say why they aren't younger."""
    is_over = not statistics.submission.in_flight
    wait = min(_doubled(statistics.looks), LONGEST_OVER if is_over else LONGEST)
    now = timezone.now()
    said = {"unknown": why, "unknown_at": now}
    _settle(statistics, now + wait, statistics.looks + 1, said)


def _settle(
    statistics: FileStatistics, due_at: datetime | None, looks: int, found: dict[str, Any]
) -> None:
    """Write what was found; whoever marked it due meanwhile has it looked at again."""
    row = FileStatistics.objects.filter(pk=statistics.pk)
    row.update(**found)
    row.filter(due_at=statistics.due_at).update(due_at=due_at, looks=looks)


def _next_look(statistics: FileStatistics, looks: int) -> datetime | None:
    """Return when to ask again; None once what is over has come to stand still."""
    wait = _doubled(looks)
    if statistics.submission.in_flight:
        return timezone.now() + min(wait, LONGEST)
    return None if wait > LONGEST_OVER else timezone.now() + wait


def _doubled(looks: int) -> timedelta:
    doubled: int = 2 ** min(looks, 20)
    return FIRST * doubled

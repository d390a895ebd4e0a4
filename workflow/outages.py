"""Outages of data services: one of those who wait tries the service, and once it is back all go on.

Whoever has no clear answer looks again ever more rarely, so that waiting costs little. That alone
would have them wait on for up to ten minutes after the service is back (ADR 0028).
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from datahandling.caching import start_anew
from datahandling.models import ServiceHealth
from submissions.models import FileStatistics, Pass, Submission
from submissions.models.queue import DueQuerySet
from workflow.models import Join

Rows = DueQuerySet[Any]

IS_BACK = Q(back_at__isnull=False)


def look() -> None:
    """Have all go on that waited for a service that is back, and one try each that isn't."""
    may_be_tried = Q(open_until__lte=timezone.now())
    if not ServiceHealth.objects.filter(IS_BACK | may_be_tried).exists():
        return
    if back := list(ServiceHealth.objects.filter(IS_BACK).values_list("pk", flat=True)):
        _have_all_go_on(back)
    _try(ServiceHealth.objects.filter(may_be_tried))


def _have_all_go_on(back: Collection[int]) -> None:
    """Wake what had no clear answer; after a crash in between somebody does it all again."""
    began = timezone.now()
    for rows, campaign, changes in _waiting(began):
        _wake(_of(ServiceHealth.objects.filter(pk__in=back), rows, campaign), changes)
    ServiceHealth.objects.filter(pk__in=back, back_at__lte=began).update(back_at=None)
    start_anew()


def _wake(rows: Rows, changes: dict[str, int]) -> None:
    """Have all look now, in one statement; locked in order, as by everybody who locks several.

    Those that look at this moment are among them: they may have asked a moment too early.
    """
    with transaction.atomic():
        these = rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values("pk")
        found = rows.model._default_manager.filter(pk__in=these)
        found.update(due_at=timezone.now(), **changes)


def _try(services: QuerySet[ServiceHealth]) -> None:
    """Have one submission look that waits for each of these: the server gets its question alone.

    Slices and joins look again as often as a server is tried anyway.
    """
    now = timezone.now()
    kind, experiment = "stage__campaign__data_handler", "stage__campaign__experiment_id"
    waiting = _of(services, _submissions(now), "stage__campaign")
    first = waiting.order_by(kind, experiment, "due_at", "pk").distinct(kind, experiment)
    _wake(Submission.objects.filter(pk__in=first.values("pk")), {})


def _waiting(now: datetime) -> Iterator[tuple[Rows, str, dict[str, int]]]:
    """Yield what waits for an answer: rows, what leads from one to its campaign, and changes."""
    later = Q(due_at__gt=now)
    yield _submissions(now), "stage__campaign", {"looks": 0}
    yield Pass.objects.filter(later, note__gt=""), "stage__campaign", {}
    yield Join.objects.filter(later, waits_for__gt=""), "stage__campaign", {}
    figures = FileStatistics.objects.filter(later, unknown__gt="")
    yield figures, "submission__stage__campaign", {"looks": 0}


def _submissions(now: datetime) -> Rows:
    return Submission.objects.filter(unknown_since__isnull=False, due_at__gt=now)


def _of(services: QuerySet[ServiceHealth], rows: Rows, campaign: str) -> Rows:
    """Return those of ``rows`` whose campaigns have their files in one of ``services``."""
    whose = services.filter(
        kind=OuterRef(f"{campaign}__data_handler"),
        experiment=OuterRef(f"{campaign}__experiment__name"),
    )
    return rows.filter(Exists(whose))

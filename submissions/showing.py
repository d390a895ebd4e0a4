"""What pages and the API show as a submission's status, and which data handler it was launched on.

Only those on Data Dispatcher are shown by other words than they have: by three.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from campaigns.models.dataservices import DataHandlerName
from datahandling.query import HANDLE_STATES
from submissions.models import Submission
from submissions.models.statistics import FileStatistics
from submissions.statuses import (
    ENDED_BADLY,
    ENDED_WELL,
    ENOUGH_PROCESSED,
    ShownStatus,
    shown_on_dispatcher,
)

DATA_DISPATCHER = DataHandlerName.DATA_DISPATCHER
LAUNCHED_ON = KeyTextTransform("data_handler", KeyTransform("campaign", "snapshot__content"))
Rows = QuerySet[Submission]


def with_shown_parts(rows: Rows) -> Rows:
    """Fetch along what the functions here ask of a row."""
    return rows.select_related("statistics").annotate(launched_on=LAUNCHED_ON)


def launched_on(submission: Submission) -> str:
    """Return the data handler that it was launched on, whatever its campaign has now."""
    annotated: str | None = getattr(submission, "launched_on", None)
    return annotated or submission.snapshot.content["campaign"]["data_handler"]


def shown_status(submission: Submission, status: str | None = None) -> str:
    """Return what is shown for a submission, or for a ``status`` of its history."""
    asked = submission.status if status is None else status
    if launched_on(submission) != DATA_DISPATCHER:
        return asked
    failed_jobs = submission.jobs.get("failed") or 0
    return shown_on_dispatcher(asked, states_at_the_end(submission), failed_jobs).value


def states_at_the_end(submission: Submission) -> Mapping[str, int] | None:
    """Return how many of its files are in which state, if that was asked after its jobs ended."""
    try:
        statistics = submission.statistics
    except FileStatistics.DoesNotExist:
        return None
    over, asked = submission.completed_at, statistics.asked_at
    return statistics.states if asked is not None and (over is None or asked >= over) else None


def shown_in_the_database(rows: Rows) -> QuerySet[Any]:
    """Add ``shown``: what ``shown_status`` says, to be counted where there are many.

    It goes by the data handler that the campaign has now, which costs less to look up.
    """
    files = {state: _number(state, "statistics__states") for state in HANDLE_STATES}
    counted = rows.annotate(
        failed_files=files["failed"],
        processed=files["done"] + files["failed"],
        files=sum(files.values(), Value(0)),
        failed_jobs=_number("failed", "jobs"),
    )
    asked = Q(completed_at=None) | Q(statistics__asked_at__gte=F("completed_at"))
    known = Q(statistics__asked_at__isnull=False) & asked & Q(files__gt=0)
    few = Q(processed__lt=F("files") * ENOUGH_PROCESSED / 100.0)
    left = Q(failed_jobs__gt=0, processed__lt=F("files"))
    failures = known & (Q(failed_files__gt=0) | few | left) | ~known & Q(failed_jobs__gt=0)
    return counted.annotate(
        shown=Case(
            When(~Q(stage__campaign__data_handler=DATA_DISPATCHER), then=F("status")),
            When(status__in=ENDED_BADLY, then=Value(ShownStatus.WITH_FAILURES.value)),
            When(~Q(status__in=ENDED_WELL), then=Value(ShownStatus.CREATED.value)),
            When(failures, then=Value(ShownStatus.WITH_FAILURES.value)),
            default=Value(ShownStatus.COMPLETED.value),
            output_field=CharField(),
        )
    )


def _number(key: str, column: str) -> Coalesce:
    return Coalesce(Cast(KeyTextTransform(key, column), IntegerField()), 0)

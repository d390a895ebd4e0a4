"""Submissions as data with the old names; browsers are led on to our pages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from campaigns.models.dataservices import DataHandlerName
from campaigns.recoveries import recoveries_on
from pomsproject.compat.calls import Call, moment, page_or
from pomsproject.compat.naming import stage_named
from submissions.listing import visible, with_row_parts
from submissions.models import Submission
from submissions.showing import launched_on, shown_status
from submissions.statuses import Status

MOST = 1000  # submissions of a stage or campaign, the newest ones
LONGEST_AGO = 36_500  # days
EARLIEST, LATEST = 1970, 2999  # years
HANDLERS: dict[str, str] = {
    DataHandlerName.SAM: "SAM",
    DataHandlerName.DATA_DISPATCHER: "Data Dispatcher",
    DataHandlerName.CATALOGUE: "Catalogue",
}

# The numbers of the statuses, which also say how far along each is.
NUMBERS: dict[str, int] = {
    Status.NEW: 1000,
    Status.CANCELLED: 1500,
    Status.LAUNCH_FAILED: 2000,
    Status.AWAITING_APPROVAL: 2400,
    Status.APPROVED: 2500,
    Status.IDLE: 3000,
    Status.RUNNING: 4000,
    Status.HELD: 5000,
    Status.FAILED: 6000,
    Status.COMPLETED: 7000,
    Status.LOCATED: 8000,
    Status.SKIPPED: 8500,
    Status.REMOVED: 9000,
}


# submissions of a stage


def campaign_stage_submissions(call: Call) -> HttpResponse | Response:
    """List the submissions of a stage, or of all stages of a campaign, the newest first."""
    if call.text("campaign_stage_id"):
        stage = call.stage()
        rows, page = visible(call.user).filter(stage=stage), ("submissions:of-stage", stage.pk)
    elif call.text("stage_name", "campaign_stage_name") not in ("", "*"):
        stage = stage_named(call)
        rows, page = visible(call.user).filter(stage=stage), ("submissions:of-stage", stage.pk)
    else:
        campaign = call.campaign()
        rows = visible(call.user).filter(stage__campaign=campaign)
        page = ("campaigns:campaign", campaign.pk)
    return page_or(call, page[0], (page[1],), lambda: _listed(rows.filter(_window(call))))


def _listed(rows: QuerySet[Submission]) -> dict[str, Any]:
    found = list(with_row_parts(rows).order_by("-pk")[: MOST + 1])
    shown = found[:MOST]
    depends = {row.pk: _parent(row) for row in shown}
    data = {
        "submissions": [_row(row) for row in shown],
        "depends": depends,
        "depth": _depths(depends),
        "darrow": {row.pk: _arrow(row) for row in shown},
        "more": len(found) > MOST,
    }
    return {"data": data}


def _row(row: Submission) -> dict[str, Any]:
    statistics = getattr(row, "statistics", None)
    return {
        "submission_id": row.pk,
        "jobsub_job_id": row.jobsub_job_id or None,
        "campaign_stage_id": row.stage_id,
        "campaign_stage_name": row.stage.name,
        "status": shown_status(row),
        "created": moment(row.created),
        "creator": row.creator.username,
        "available_output": statistics and statistics.figures.get("available_output"),
        "output_dims": "",
        "handler": HANDLERS[launched_on(row)],
    }


def _parent(row: Submission) -> int | None:
    """The submission that it recovers, or that fed it."""
    if row.recovers_id is not None:
        return row.recovers_id
    feeds = list(row.fed_by.all())
    feeds += list(row.slice_of.fed_by.all()) if row.slice_of else []
    return feeds[0].parent_id if feeds else None


def _arrow(row: Submission) -> str:
    if row.is_recovery:
        return "↺"
    return "↳" if _parent(row) is not None else ""


def _depths(depends: dict[int, int | None]) -> dict[int, int]:
    """How many in the list come before each; parents have smaller numbers than their children."""
    depths: dict[int, int] = {}
    for pk in sorted(depends):
        parent = depends[pk]
        depths[pk] = depths[parent] + 1 if parent is not None and parent in depths else 0
    return depths


def _window(call: Call) -> Q:
    """The time asked for: from ``tmin`` to ``tmax``, or ``tdays`` before it; without, any time."""
    start, end, days = _moment(call, "tmin"), _moment(call, "tmax"), call.text("tdays")
    if days and start is None:
        if not (days.isascii() and days.isdecimal() and int(days[:6]) <= LONGEST_AGO):
            raise ValidationError({"detail": f"tdays is a number of days up to {LONGEST_AGO}"})
        start = (end or timezone.now()) - timedelta(days=int(days[:6]))
    window = Q()
    window &= Q(created__gte=start) if start else Q()
    return window & Q(created__lte=end) if end else window


def _moment(call: Call, name: str) -> datetime | None:
    said = call.text(name)
    if not said:
        return None
    try:
        at = parse_datetime(said if len(said) > 10 else f"{said} 00:00:00")
    except ValueError:
        at = None
    if at is None or not EARLIEST <= at.year <= LATEST:
        raise ValidationError({"detail": f"{name} is a time, such as 2025-03-01 12:00:00"})
    return at if timezone.is_aware(at) else at.replace(tzinfo=UTC)


# one submission


def submission_details(call: Call) -> HttpResponse | Response:
    """Tell all of one submission."""
    submission = call.submission()
    return page_or(call, "submissions:submission", (submission.pk,), lambda: _details(submission))


def _details(submission: Submission) -> dict[str, Any]:
    rows = Submission.objects.recoveries_of(submission.pk).order_by("pk")
    fed = Submission.objects.filter(
        Q(fed_by__parent=submission) | Q(slice_of__fed_by__parent=submission)
    )
    kinds = recoveries_on(launched_on(submission))
    return {
        "submission": _columns(submission),
        "history": _history(submission),
        "dataset": submission.dataset,
        "recoverymap": {name: kind.title for name, kind in kinds.items()},
        "statusmap": {number: status for status, number in NUMBERS.items()},
        "ds": submission.created.astimezone(UTC).strftime("%Y%m%d_%H%M%S"),
        "submission_log_format": 4,
        "recovery_ids": list(rows.values_list("pk", flat=True)),
        "depend_ids": sorted(set(fed.values_list("pk", flat=True))),
        "statuses": list(NUMBERS),
        "data_dispatcher_projects": _projects(submission),
    }


def _columns(submission: Submission) -> dict[str, Any]:
    return {
        "submission_id": submission.pk,
        "experiment": submission.experiment.name,
        "campaign_id": submission.stage.campaign_id,
        "campaign_stage_id": submission.stage_id,
        "campaign_stage_name": submission.stage.name,
        "status": shown_status(submission),
        "creator": submission.creator.username,
        "created": moment(submission.created),
        "updated": moment(submission.status_since),
        "submission_params": {"dataset": submission.dataset, "test": int(submission.test)},
        "command_executed": submission.command_executed,
        "project": submission.project or None,
        "jobsub_job_id": submission.jobsub_job_id or None,
        "pct_complete": submission.pct_complete,
        "depends_on": _parent(submission) if not submission.is_recovery else None,
        "recovery_tasks_parent": submission.recovers_id,
    }


def _projects(submission: Submission) -> list[dict[str, Any]]:
    if launched_on(submission) != DataHandlerName.DATA_DISPATCHER or not submission.project:
        return []
    return [{"project_name": submission.project, "submission_id": submission.pk}]


def session_status_history(call: Call) -> Response:
    """List the statuses that a submission had, in their order."""
    submission = call.submission()
    return Response(
        [{key: row[key] for key in ("created", "status")} for row in _history(submission)]
    )


def _history(submission: Submission) -> list[dict[str, Any]]:
    rows: Iterable[Any] = submission.history.order_by("pk")
    return [
        {
            "submission_id": submission.pk,
            "status_id": NUMBERS[row.status],
            "status": shown_status(submission, row.status),
            "created": moment(row.at),
        }
        for row in rows
    ]

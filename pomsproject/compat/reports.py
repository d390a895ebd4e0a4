"""What agents and the job wrapper say: what became of jobs, and which submissions they are of."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.response import Response

from campaigns.access import is_agent, is_member, may_launch, may_report, visible_to
from campaigns.models import Experiment, Experimenter
from campaigns.scopes import Scope
from pomsproject.compat.calls import NOTHING, Call, plain
from submissions.authentication import Job
from submissions.models import Submission
from submissions.models.submissions import Cause
from submissions.reports.reading import BadReport, Report, read_report, read_reports
from submissions.reports.recording import MAX_REPORTS, Outcome, record
from submissions.reports.reporters import trusted
from submissions.showing import DATA_DISPATCHER, with_shown_parts
from submissions.statuses import IN_BATCH, Status
from workflow.controls import CONTROLS

SAID = ("jobsub_job_id", "status", "project", "pct_complete")

# What a person means who gives a submission that waits for them another status.
BY_PERSON: dict[tuple[str, str], str] = {
    (Status.AWAITING_APPROVAL, Status.COMPLETED): "approve",
    (Status.AWAITING_APPROVAL, Status.REMOVED): "unapprove",
    (Status.FAILED, Status.COMPLETED): "kick",
}


class CantWait(APIException):
    status_code = 409
    default_detail = (
        "a launch can't turn into an approval: make it a stage of the type approval, "
        "before the one that waits"
    )


def update_submission(call: Call) -> HttpResponse:
    """Record one report; ``Unknown.`` where there is no such submission for the caller."""
    report = _read({**call.given, "submission_id": call.key("submission_id")})
    if report.status == Status.AWAITING_APPROVAL:
        raise CantWait
    if report.submission_id not in _reportable(call.user, {report.submission_id}):
        return plain("Unknown.")
    if _decided(call, report):
        return plain("Ok.")
    [answer] = record(trusted(call.user, [_named(report, call.user)]))
    return plain("Unknown." if answer.outcome == Outcome.UNKNOWN else "Ok.")


def update_submissions(call: Call) -> Response:
    """Record many: for each whether there is such a submission; what makes no sense is left out."""
    try:
        updates = json.loads(call.required("submission_updates"))
        reports = list(_reports(updates))
    except (ValueError, RecursionError) as error:
        return Response({"status": "Fail", "response": f"submission_updates: {error}"})
    known = _reportable(call.user, {report.submission_id for report in reports})
    theirs = [_named(one, call.user) for one in reports if one.submission_id in known]
    answers = record(trusted(call.user, theirs))
    there = {one.submission_id for one in answers if one.outcome != Outcome.UNKNOWN}
    said = {str(report.submission_id): report.submission_id in there for report in reports}
    return Response({"status": "Success", "response": said})


def _reports(updates: Any) -> list[Report]:
    """Read what is said of each submission. Raises ValueError for what isn't a mapping."""
    if not isinstance(updates, dict) or len(updates) > MAX_REPORTS:
        raise ValueError(f"send a mapping of at most {MAX_REPORTS} submission ids")
    items = [
        _fields({**said, "submission_id": key})
        for key, said in updates.items()
        if isinstance(said, dict)
    ]
    return [report for report in read_reports(items) if isinstance(report, Report)]


def _read(said: Mapping[str, Any]) -> Report:
    try:
        return read_report(_fields(said))
    except BadReport as bad:
        raise ValidationError(bad.mistakes) from None


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    key = said["submission_id"]
    given = {name: said[name] for name in SAID if said.get(name) not in (None, *NOTHING)}
    return {"submission_id": int(key) if str(key).isdecimal() else key, **given}


def _named(report: Report, user: Any) -> Report:
    return replace(report, source=getattr(user, "username", "job"))


def _reportable(user: Any, ids: Collection[int]) -> set[int]:
    """Return those that the caller may speak for; others don't exist for them.

    Agents and the production team report; so does who launched them, whose wrapper has no other
    token. Raises PermissionDenied for who sees them but may not.
    """
    if isinstance(user, Job):
        return {user.submission.pk} & set(ids)
    if is_agent(user):
        return set(ids)
    if not is_member(user):
        raise PermissionDenied("only agents and members of an experiment report")
    rows = visible_to(Submission.objects.filter(pk__in=ids), user)
    seen = list(rows.select_related("experiment", "stage__campaign__experiment"))
    may = {
        row.pk for row in seen if may_report(user, row.experiment) or may_launch(user, row.stage)
    }
    if seen and not may:
        raise PermissionDenied("your role doesn't let you say what became of these jobs")
    return may


def _decided(call: Call, report: Report) -> bool:
    """Take a person's word for what it means, where a submission waits for a person."""
    user = call.user
    is_person = isinstance(user, Experimenter) and not is_agent(user)
    if not is_person or Scope.LAUNCH not in call.scopes:
        return False
    row = Submission.objects.select_related("stage__campaign__experiment").get(
        pk=report.submission_id
    )
    name = BY_PERSON.get((row.status, report.status))
    if name is None or not may_launch(user, row.stage):
        return False
    CONTROLS[name](row, user)
    return True


def running_submissions(call: Call) -> Response:
    """List what may have jobs; or count it, for the campaigns that are named."""
    rows = _seen_by(call.user, running())
    campaigns = call.numbers("campaign_id_list")
    if campaigns:
        found = rows.filter(stage__campaign__in=campaigns).values_list("stage__campaign", flat=True)
        counts = dict.fromkeys(campaigns, 0)
        for campaign in found:
            counts[campaign] += 1
        return Response(counts)
    fields: QuerySet[Any] = with_shown_parts(rows).order_by("pk")
    return Response(
        [
            [pk, job_id, experiment] + ([pk] if handler == DATA_DISPATCHER else [])
            for pk, job_id, experiment, handler in fields.values_list(
                "pk", "jobsub_job_id", "experiment__name", "launched_on"
            )
        ]
    )


def running() -> QuerySet[Submission]:
    """Submissions that jobs may be there of: launched, and not seen to end."""
    in_batch = Q(status__in=IN_BATCH)
    launched = Q(status=Status.NEW) & (Q(attempt__gt=0) | Q(cause=Cause.EXTERNAL))
    early = Submission.objects.jobs_may_run().values("pk")  # Completed before its last job
    here = Submission.objects.filter(replaced_by=None)
    return here.filter(in_batch | launched | Q(pk__in=early))


def _seen_by(user: Any, rows: QuerySet[Submission]) -> QuerySet[Submission]:
    if isinstance(user, Job):
        return rows.filter(pk=user.submission.pk)
    return rows if is_agent(user) else visible_to(rows, user)


def experiment_list(call: Call) -> Response:
    """Name the active experiments: all to an agent, theirs to a member."""
    rows = Experiment.objects.filter(active=True)
    seen = rows if is_agent(call.user) else rows.visible_to(call.user)
    return Response(list(seen.values_list("name", flat=True)))


def calculate_dd_project_completion(call: Call) -> Response:
    """Tell how many percent of each submission's own files are processed, as last asked for."""
    asked = call.numbers("dd_submissions", "dd_submission")
    rows = _seen_by(call.user, Submission.objects.filter(pk__in=asked))
    states = rows.annotate(states=F("statistics__states")).values_list("pk", "states")
    known = {pk: _percent(counts) for pk, counts in states}
    return Response({str(pk): known.get(pk) for pk in asked})


def _percent(states: Mapping[str, int] | None) -> float | None:
    files = sum(states.values()) if states else 0
    if not states or not files:
        return None
    return 100.0 * (states["done"] + states["failed"]) / files

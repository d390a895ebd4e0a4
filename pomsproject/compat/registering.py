"""The numbers of submissions, for launches that POMS makes and for those that others make."""

import re
from typing import Any

from django.http import HttpResponse
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError

from campaigns.access import may_launch
from campaigns.models import CampaignStage
from pomsproject.compat.calls import Call, plain
from submissions.authentication import Job
from submissions.models import Submission
from submissions.registering import register_external

LONGEST = 100_000
SHOWN = 5


def get_submission_id_for(call: Call) -> HttpResponse:
    """Answer ``Task=<id>``: of the submission named, noting its command; else of a new one."""
    command = call.text("command_executed")[:LONGEST]
    if call.text("submission_id", "task_id"):
        submission = _own(call, call.key("submission_id", "task_id"))
        if command:
            Submission.objects.filter(pk=submission.pk).update(command_executed=command)
    else:
        stage = _stage(call)
        call.view.require(may_launch(call.user, stage), f"launch {stage}")
        dataset = call.text("input_dataset")[:1000]
        submission = register_external(stage, call.person, command, dataset, test=call.flag("test"))
    return plain(f"Task={submission.pk}\n")


def _own(call: Call, key: int) -> Submission:
    """Return the submission that a launch is one of. Raises NotFound, PermissionDenied."""
    if isinstance(call.user, Job):
        if call.user.submission.pk != key:
            raise PermissionDenied("this job token is of another submission")
        return call.user.submission
    submission = call.view.submission(key)
    call.view.require(may_launch(call.user, submission.stage), f"launch {submission.stage}")
    return submission


def _stage(call: Call) -> CampaignStage:
    """Find the stage by its number, or as the only one that has ``campaign`` in its name."""
    named = call.required("campaign_stage_id", "campaign")
    if re.fullmatch(r"[0-9]+", named):
        return call.stage("campaign_stage_id", "campaign")
    stages = CampaignStage.objects.select_related("campaign__experiment", "job_type", "login_setup")
    seen = call.in_experiment(stages, "campaign__experiment")
    found: list[Any] = list(seen.filter(name__contains=named).order_by("pk")[: SHOWN + 1])
    if not found:
        raise NotFound(f"there is no stage with {named!r} in its name that you may see")
    if len(found) > 1:
        names = ", ".join(f"{stage.pk} ({stage.campaign}: {stage})" for stage in found[:SHOWN])
        raise ValidationError({"detail": f"several stages are named so, say which: {names}"})
    return found[0]  # type: ignore[no-any-return]

"""Launches, recoveries and the rest of what sets the workflow off."""

from urllib.parse import urlencode

from django.http import HttpResponse
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from campaigns.access import is_root, may_enter, may_launch
from campaigns.models import Campaign, CampaignStage
from campaigns.recoveries import recoveries_on
from pomsproject.compat.calls import Call, page_or, plain, see_other
from submissions.launching.script import read_log
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from submissions.showing import launched_on
from workflow import controls, holds
from workflow.bulk import act_named, control_many
from workflow.requesting import Wish, request_campaign_launch, request_launch
from workflow.tasks import run_pass


def launch_jobs(call: Call) -> HttpResponse | Response:
    """Request a launch of a stage, and lead on to its log; 423 where a hold queues it."""
    stage = call.stage()
    call.view.require(may_launch(call.user, stage), f"launch {stage}")
    return _launched(call, request_launch(stage, _wish(call)))


def launch_campaign(call: Call) -> HttpResponse | Response:
    """Request a launch of all stages that the campaign begins with, and lead on to the first."""
    campaign = call.campaign()
    call.view.require(may_launch(call.user, campaign), f"launch {campaign}")
    return _launched(call, request_campaign_launch(campaign, _wish(call))[0])


def launch_recovery_for(call: Call) -> HttpResponse | Response:
    submission = call.submission()
    known = recoveries_on(launched_on(submission))
    kind = call.required("recovery_type")
    if kind not in known:
        raise ValidationError({"detail": f"recovery_type is one of {', '.join(known)}"})
    call.view.require(may_launch(call.user, submission.stage), f"launch {submission.stage}")
    return _launched(call, controls.recover(submission, kind, call.person))


def _wish(call: Call) -> Wish:
    if call.text("parent_submission_id"):
        detail = "a recovery is launched by launch_recovery_for: leave parent_submission_id out"
        raise ValidationError({"detail": detail})
    launcher = call.text("launcher")
    if launcher not in ("", call.person.username, str(call.person.pk)):
        raise PermissionDenied("launches are made in the name of who asks: leave launcher out")
    return Wish(
        who=call.person,
        test=call.flag("test_launch"),
        dataset=call.text("dataset_override")[:1000],
        overrides=call.pairs("param_overrides"),
    )


def _launched(call: Call, submission: Submission) -> HttpResponse | Response:
    held = holds.find_hold(submission)
    if held is not None:
        what = f"Campaign stage {submission.stage}" if held.stage else "Job"
        text = f"{what} launches currently held.... queuing this request"
        return Response({"detail": text, "submission_id": submission.pk}, status=423)
    asked = {"campaign_stage_id": submission.stage_id, "submission_id": submission.pk}
    return see_other(call, "compat-list_launch_file", query=urlencode(asked))


def list_launch_file(call: Call) -> HttpResponse | Response:
    """Tell how the launches of a submission went, by their logs."""
    submission = call.submission()
    call.view.require(may_enter(call.user, submission.experiment), "see how it was launched")

    def logs() -> list[str]:
        return [read_log(attempt) for attempt in submission.attempts.order_by("number")]

    return page_or(call, "submissions:submission", (submission.pk,), logs)


def force_locate_submission(call: Call) -> HttpResponse:
    """Wait for no more output of it: it is Located at the next pass."""
    submission = call.submission()
    call.view.require(may_launch(call.user, submission.stage), f"change {submission}")
    controls.let_go(submission, call.person)
    return plain("Ok.")


def abort_launch(call: Call) -> HttpResponse:
    """Kill the script of a launch that is under way."""
    submission = call.submission()
    call.view.require(may_launch(call.user, submission.stage), f"change {submission}")
    controls.abort_launch(submission, call.person)
    return plain("Ok.")


def kill_jobs(call: Call) -> HttpResponse:
    """Kill, cancel, hold or release jobs; without ``confirm`` only say of what."""
    act = call.required("act")
    act_named(act)
    what, submissions = _jobs(call)
    if not call.flag("confirm"):
        return plain(f"{act} the jobs of {what}: send confirm=1 to do it")
    alone = bool(call.text("submission_id"))
    return plain(str(control_many(submissions, act, call.person, alone=alone)))


def _jobs(call: Call) -> tuple[str, SubmissionQuerySet]:
    """Find what the jobs are of: a submission, a stage or a campaign."""
    if call.text("submission_id"):
        submission = call.submission()
        found: tuple[CampaignStage | Campaign, str] = submission.stage, str(submission)
        rows = Submission.objects.filter(pk=submission.pk)
    elif call.text("campaign_stage_id"):
        stage = call.stage()
        found, rows = (stage, f"stage {stage}"), Submission.objects.filter(stage=stage)
    elif call.text("campaign_id", "campaign_name"):
        campaign = call.campaign()
        found = campaign, f"campaign {campaign}"
        rows = Submission.objects.filter(stage__campaign=campaign)
    else:
        detail = "say submission_id, campaign_stage_id, campaign_id or campaign_name"
        raise ValidationError({"detail": detail})
    call.view.require(may_launch(call.user, found[0]), f"change jobs of {found[1]}")
    return found[1], rows


def wrapup_tasks(call: Call) -> HttpResponse:
    """Do everything that is due, as `manage.py wrapup_tasks` does."""
    if not is_root(call.user):
        raise PermissionDenied("only a superuser of POMS may do this: it goes by itself")
    done = run_pass(survive=True)
    return plain("".join(f"{name}: {number}\n" for name, number in done.items()))

"""Buttons for the jobs of a whole stage or campaign."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from campaigns.access import may_launch
from campaigns.models import Experimenter
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from workflow.bulk import control_many
from workflow.views.answers import attempt, require
from workflow.views.campaigns import find_campaign
from workflow.views.launches import find_stage


@require_POST
@login_required
def of_stage(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    stage = find_stage(request.user, pk)
    require(may_launch(request.user, stage), f"change submissions of {stage}")
    _control(request, Submission.objects.filter(stage=stage), act)
    return redirect("campaigns:stage", pk)


@require_POST
@login_required
def of_campaign(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    campaign = find_campaign(request.user, pk)
    require(may_launch(request.user, campaign), f"change submissions of {campaign}")
    _control(request, Submission.objects.filter(stage__campaign=campaign), act)
    return redirect("campaigns:campaign", pk)


def _control(request: HttpRequest, submissions: SubmissionQuerySet, act: str) -> None:
    who = request.user
    assert isinstance(who, Experimenter)
    attempt(request, lambda: str(control_many(submissions, act, who)))

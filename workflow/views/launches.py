"""Launching from pages, and seeing before what would be launched."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import User, may_launch
from campaigns.dataservices import what_is_missing
from campaigns.models import CampaignStage, Experimenter
from datahandling.base import Unknown
from submissions.models import Submission
from workflow.holds import find_hold
from workflow.preview import preview
from workflow.requesting import Wish, request_campaign_launch, request_launch
from workflow.views.answers import REFUSALS, attempt, require
from workflow.views.campaigns import find_campaign


def find_stage(user: User, pk: int) -> CampaignStage:
    rows = CampaignStage.objects.visible_to(user)
    return get_object_or_404(
        rows.select_related("campaign__experiment", "job_type", "login_setup"), pk=pk
    )


@require_POST
@login_required
def launch_campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """Launch the stages that the campaign begins with, in one run, and show it."""
    campaign = find_campaign(request.user, pk)
    require(may_launch(request.user, campaign), f"launch {campaign}")
    launched: list[Submission] = []

    def do() -> str:
        launched.extend(request_campaign_launch(campaign, _wish(request)))
        return f"Launched as run {launched[0].run_id}."

    if attempt(request, do):
        _warn(request, launched[0])
        return redirect("submissions:run", launched[0].run_id)
    return redirect("campaigns:campaign", pk)


@require_POST
@login_required
def launch_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Launch one stage, over its next slice, its dataset, or the one that is named."""
    stage = find_stage(request.user, pk)
    require(may_launch(request.user, stage), f"launch {stage}")
    launched: list[Submission] = []

    def do() -> str:
        launched.append(request_launch(stage, _wish(request)))
        return f"Launched as submission {launched[0].pk}."

    if attempt(request, do):
        _warn(request, launched[0])
        return redirect("submissions:submission", launched[0].pk)
    return redirect("workflow:preview", pk)


def _wish(request: HttpRequest) -> Wish:
    assert isinstance(request.user, Experimenter)
    dataset = request.POST.get("dataset", "").strip()
    return Wish(who=request.user, test=request.POST.get("test") == "1", dataset=dataset)


def _warn(request: HttpRequest, launched: Submission) -> None:
    """Tell what keeps a launch from going on: a hold, or a data service that nobody has set up."""
    held = find_hold(launched)
    missing = what_is_missing(launched.stage.campaign)
    if missing:
        messages.warning(request, missing)
    if held is not None:
        messages.warning(
            request, f"Launches are held ({held}): this one is queued until the hold is lifted."
        )


@require_GET
@login_required
def show_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The script that a launch would run, and who set each parameter; launches nothing."""
    stage = find_stage(request.user, pk)
    test = request.GET.get("test") == "1"
    dataset = request.GET.get("dataset", "").strip()
    assert isinstance(request.user, Experimenter)
    context = {
        "stage": stage,
        "test": test,
        "dataset": dataset,
        "may_launch": may_launch(request.user, stage),
        "here": reverse("workflow:preview", args=[pk]),
    }
    try:
        context["preview"] = preview(stage, request.user, test=test, dataset=dataset)
    except (Unknown, *REFUSALS) as error:
        context["refusal"] = str(error)
    return render(request, "workflow/preview.html", context)

"""File info by submission, of a stage or a campaign, and the sums on their pages."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, CampaignStage
from campaigns.paging import page
from submissions.figures import FIGURES
from submissions.figures.sums import brief, row_of, sums_by_stage, sums_of
from submissions.figures.window import Window
from submissions.listing import Rows, visible


@require_GET
@login_required
def of_stage(request: HttpRequest, pk: int) -> HttpResponse:
    rows = CampaignStage.objects.visible_to(request.user).select_related("campaign__experiment")
    stage = get_object_or_404(rows, pk=pk)
    found = visible(request.user).filter(stage=stage)
    return _by_submission(request, stage.campaign, found, {"stage": stage})


@require_GET
@login_required
def of_campaign(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Campaign.objects.visible_to(request.user).select_related("experiment")
    campaign = get_object_or_404(rows, pk=pk)
    return _by_submission(request, campaign, visible(request.user).filter(stage__campaign=campaign))


def _by_submission(
    request: HttpRequest, campaign: Campaign, rows: Rows, more: dict[str, Any] | None = None
) -> HttpResponse:
    last = _last_activity(rows)
    window = Window.read(request.GET, last)
    rows = rows.filter(window.inside)
    figures = FIGURES[campaign.data_handler]
    shown = page(
        rows.select_related("stage__campaign", "statistics"), request.GET.get("before", "")
    )
    context = {
        "campaign": campaign,
        "window": window,
        "figures": figures,
        "rows": [row_of(submission, figures) for submission in shown.rows],
        "sums": sums_of(rows, figures),
        "page": shown,
        "is_last": window.end >= last,
    }
    return render(request, "submissions/by_submission.html", context | (more or {}))


def _last_activity(rows: Rows) -> datetime:
    """Return where a window ends that shows what happened last."""
    last = rows.aggregate(created=Max("created"), moved=Max("status_since"))
    return max((at for at in last.values() if at is not None), default=timezone.now())


@require_GET
@login_required
def sums_of_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """All that a stage's submissions add up to, for its page."""
    rows = CampaignStage.objects.visible_to(request.user).select_related("campaign")
    stage = get_object_or_404(rows, pk=pk)
    figures = FIGURES[stage.campaign.data_handler]
    sums = sums_of(visible(request.user).filter(stage=stage), figures)
    return render(request, "submissions/_sums_of_stage.html", {"stage": stage, "sums": sums})


@require_GET
@login_required
def sums_of_campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """What each stage's submissions add up to, for the campaign's page."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    figures = brief(campaign.data_handler)
    rows = visible(request.user).filter(stage__campaign=campaign)
    sums = dict(sums_by_stage(rows, figures))
    stages = campaign.stages.order_by("pk")
    context = {
        "campaign": campaign,
        "figures": figures,
        "stages": [(stage, sums[stage.pk]) for stage in stages if stage.pk in sums],
    }
    return render(request, "submissions/_sums_of_campaign.html", context)

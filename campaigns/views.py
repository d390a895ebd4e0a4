"""Pages about what should run. What does run, and what is next, they have the apps above put in."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns import access
from campaigns.dispatcher import in_words, resolve
from campaigns.drawing import Drawing, draw
from campaigns.graph import Graph
from campaigns.models import Campaign, CampaignDependency, CampaignStage, Experiment
from campaigns.models.dataservices import DataHandlerName

PER_PAGE = 50


@require_GET
@login_required
def campaigns(request: HttpRequest) -> HttpResponse:
    """The campaigns that one may see, by name, experiment and whether they are active."""
    asked = {name: request.GET.get(name, "").strip() for name in ("name", "experiment", "state")}
    rows = Campaign.objects.visible_to(request.user).select_related("experiment", "creator")
    found = _asked_for(rows, asked).annotate(stage_count=Count("stages")).order_by("name", "pk")
    page = Paginator(found.prefetch_related("tags"), PER_PAGE).get_page(request.GET.get("page"))
    experiments = Experiment.objects.visible_to(request.user).filter(active=True)
    context = {
        "page": page,
        "asked": asked,
        "experiments": experiments,
        "may_create": access.creates_anything(request.user),
    }
    return render(request, "campaigns/campaigns.html", context)


def _asked_for(rows: QuerySet[Campaign], asked: dict[str, str]) -> QuerySet[Campaign]:
    filters: dict[str, Any] = {}
    if asked["name"]:
        filters["name__icontains"] = asked["name"]
    if asked["experiment"]:
        filters["experiment__name"] = asked["experiment"]
    if asked["state"] != "all":
        filters["active"] = asked["state"] != "inactive"
    return rows.filter(**filters)


@require_GET
@login_required
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """One campaign: the graph of its stages, and the runs of it."""
    rows = Campaign.objects.visible_to(request.user).select_related("experiment", "creator")
    found = get_object_or_404(rows.prefetch_related("tags"), pk=pk)
    drawing, stages = draw_campaign(found)
    context = {
        "campaign": found,
        "drawing": drawing,
        "nodes": [(box, stages[box.stage], None) for box in drawing.boxes],
        "may_launch": access.may_launch(request.user, found),
        "may_edit": access.may_edit(request.user, found),
    }
    return render(request, "campaigns/campaign.html", context)


def draw_campaign(found: Campaign) -> tuple[Drawing, dict[int, CampaignStage]]:
    """Return the drawing of a campaign's graph, and its stages by key."""
    stages = {stage.pk: stage for stage in found.stages.order_by("pk")}
    return draw(list(stages), Graph.of(found).edges), stages


@require_GET
@login_required
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    """One stage: how it is set up, what feeds it, and what it sets off."""
    rows = CampaignStage.objects.visible_to(request.user)
    found = get_object_or_404(
        rows.select_related("campaign__experiment", "job_type", "login_setup", "creator"), pk=pk
    )
    edges = CampaignDependency.objects.select_related("upstream", "downstream")
    context = {
        "stage": found,
        "recoveries": found.job_type.recoveries.all(),
        "dispatcher": _dispatcher_settings(found),
        "incoming": edges.filter(downstream=found),
        "outgoing": edges.filter(upstream=found),
        "may_launch": access.may_launch(request.user, found),
        "may_edit": access.may_edit(request.user, found),
    }
    return render(request, "campaigns/stage.html", context)


def _dispatcher_settings(stage: CampaignStage) -> list[tuple[str, str]]:
    """Return the settings that its Data Dispatcher projects are made with, in words."""
    campaign = stage.campaign
    if campaign.data_handler != DataHandlerName.DATA_DISPATCHER:
        return []
    return in_words(resolve(stage.data_dispatcher, campaign.defaults.get("data_dispatcher")))

"""What a campaign's page has put in: the graph with what goes on in it, and the last runs."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from campaigns.access import User
from campaigns.models import Campaign
from campaigns.views import draw_campaign
from submissions.models import Run
from workflow.overview import current_runs, progress_of
from workflow.runs import states_of

RUNS = 10
REASONS = 3  # of each


def find_campaign(user: User, pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.visible_to(user).select_related("experiment"), pk=pk)


@require_GET
@login_required
def graph(request: HttpRequest, pk: int) -> HttpResponse:
    """The stages with their progress in the runs that are open, or else in the last one."""
    campaign = find_campaign(request.user, pk)
    runs = current_runs(campaign)
    return render(
        request,
        "workflow/_graph_card.html",
        graph_context(campaign, runs)
        | {"runs": runs, "again": reverse("workflow:campaign-graph", args=[pk])},
    )


def graph_context(campaign: Campaign, runs: list[int]) -> dict[str, object]:
    """Return what ``workflow/_graph.html`` shows: each box with its stage and progress."""
    drawing, stages = draw_campaign(campaign)
    progress = progress_of(runs)
    nodes = [(box, stages[box.stage], progress.get(box.stage)) for box in drawing.boxes]
    has = {
        "feeds": any(arrow.edge.feeds for arrow in drawing.arrows),
        "next_slice": any(not arrow.edge.feeds for arrow in drawing.arrows),
        "joins": any(stage.join for stage in stages.values()),
    }
    is_open = any(found.tone == "open" for found in progress.values())
    return {"drawing": drawing, "nodes": nodes, "has": has, "is_open": is_open}


@require_GET
@login_required
def runs(request: HttpRequest, pk: int) -> HttpResponse:
    """The last runs, each with its state and what it waits for or is broken by."""
    campaign = find_campaign(request.user, pk)
    last = list(Run.objects.filter(campaign=campaign).select_related("creator")[: RUNS + 1])
    states = states_of((run.pk for run in last[:RUNS]), REASONS)
    context = {
        "campaign": campaign,
        "runs": [(run, states[run.pk]) for run in last[:RUNS]],
        "more": len(last) > RUNS,
    }
    return render(request, "workflow/_runs.html", context)

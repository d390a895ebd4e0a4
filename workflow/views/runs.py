"""What a run's page has put in: its state, the graph with its progress, and what it left behind."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from submissions.views.runs import find_run
from workflow.models import LeftBehind
from workflow.runs import state_of
from workflow.views.campaigns import graph_context

MOST = 100


@require_GET
@login_required
def state(request: HttpRequest, pk: int) -> HttpResponse:
    run = find_run(request.user, pk)
    left = LeftBehind.objects.filter(submission__run=run).select_related("submission__stage")
    context = graph_context(run.campaign, [run.pk]) | {
        "run": run,
        "state": state_of(run),
        "left_behind": left[:MOST],
        "again": reverse("workflow:run-state", args=[pk]),
    }
    return render(request, "workflow/_run_state.html", context)

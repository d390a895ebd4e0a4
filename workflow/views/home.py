"""The first page: the campaigns that one may see, and what is open, broken or held in them now."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.access import User, creates_anything
from campaigns.models import Campaign
from submissions.listing import STATES, visible
from submissions.showing import with_shown_parts
from workflow.holds import visible_holds
from workflow.overview import now_in

MOST = 100
MOST_BROKEN = 10


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "workflow/home.html", _now(request.user))


@require_GET
@login_required
def now(request: HttpRequest) -> HttpResponse:
    return render(request, "workflow/_now.html", _now(request.user))


def _now(user: User) -> dict[str, Any]:
    campaigns = Campaign.objects.visible_to(user).filter(active=True).select_related("experiment")
    broken = with_shown_parts(visible(user).filter(STATES["broken"]))
    return {
        "campaigns": now_in(campaigns.order_by("-updated")[:MOST]),
        "broken": broken.select_related("stage__campaign").order_by("-pk")[:MOST_BROKEN],
        "holds": visible_holds(user),
        "may_create": creates_anything(user),
    }

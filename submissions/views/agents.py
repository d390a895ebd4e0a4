"""Which agents there are, and when each was last heard."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.access import is_member
from submissions.models import Agent


@require_GET
@login_required
def agents(request: HttpRequest) -> HttpResponse:
    if not is_member(request.user):
        raise PermissionDenied
    return render(request, "submissions/agents.html", {"agents": Agent.objects.all()})

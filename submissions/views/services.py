"""The services that production rests on, as a tree."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.access import is_member
from submissions.services import tree


@require_GET
@login_required
def services(request: HttpRequest) -> HttpResponse:
    if not is_member(request.user):
        raise PermissionDenied
    return render(request, "submissions/services.html", {"services": list(tree())})

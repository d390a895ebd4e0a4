"""One run: all that descends from one launch."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.access import User, visible_to
from campaigns.paging import page
from submissions.listing import visible, with_row_parts
from submissions.models import Run


def find_run(user: User, pk: int) -> Run:
    rows = Run.objects.select_related("campaign__experiment", "creator")
    return get_object_or_404(visible_to(rows, user, "campaign__experiment"), pk=pk)


@require_GET
@login_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "submissions/run.html", {"run": find_run(request.user, pk)})


@require_GET
@login_required
def submissions(request: HttpRequest, pk: int) -> HttpResponse:
    """The run's submissions, recoveries beneath their originals' numbers."""
    found = find_run(request.user, pk)
    rows = with_row_parts(visible(request.user).filter(run=found))
    return render(request, "submissions/_of_run.html", {"run": found, "page": page(rows)})

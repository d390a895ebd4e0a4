"""The list of submissions, and its rows, each live by itself."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.models import CampaignStage
from campaigns.paging import page
from submissions.listing import Filters, visible, with_row_parts

LAST = 15  # of a stage
MOST_NEWER = 200


@require_GET
@login_required
def submissions(request: HttpRequest) -> HttpResponse:
    """Newest first, filtered, page by page."""
    filters = Filters(request.GET, request.user)
    rows = with_row_parts(filters.narrow(visible(request.user)))
    found = page(rows, request.GET.get("before", ""))
    context = {"filters": filters, "page": found, "newest": found.rows[0].pk if found.rows else 0}
    return render(request, "submissions/submissions.html", context)


@require_GET
@login_required
def newer(request: HttpRequest) -> HttpResponse:
    """The rows that came since ``after``: the top of the first page asks for them."""
    filters = Filters(request.GET, request.user)
    after = request.GET.get("after", "")
    known = int(after) if after.isdecimal() and len(after) < 19 else 0
    rows = filters.narrow(visible(request.user)).filter(pk__gt=known).order_by("pk")
    found = list(with_row_parts(rows)[:MOST_NEWER])[::-1]
    context = {"filters": filters, "rows": found, "newest": found[0].pk if found else known}
    return render(request, "submissions/_newer.html", context)


@require_GET
@login_required
def row(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(with_row_parts(visible(request.user)), pk=pk)
    return render(request, "submissions/_row.html", {"submission": found})


@require_GET
@login_required
def of_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """A stage's last submissions, for the stage's page."""
    stage = get_object_or_404(
        CampaignStage.objects.visible_to(request.user).select_related("campaign"), pk=pk
    )
    found = page(with_row_parts(visible(request.user).filter(stage=stage)), size=LAST)
    return render(request, "submissions/_of_stage.html", {"stage": stage, "page": found})

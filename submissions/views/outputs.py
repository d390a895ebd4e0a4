"""Outputs to look at: an experiment's programs wrote them, so they are shown in a sandbox."""

from pathlib import PurePosixPath

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from submissions.listing import visible
from submissions.outputs import NoSuchOutput, find_outputs, open_output

POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".log": "text/plain; charset=utf-8",
}
PICTURES = (".png", ".svg")


@require_GET
@login_required
def outputs(request: HttpRequest, pk: int) -> HttpResponse:
    """All that a submission's jobs left to look at."""
    found = get_object_or_404(visible(request.user).select_related("stage__campaign"), pk=pk)
    context = {"submission": found, "outputs": find_outputs(found.pk)}
    return render(request, "submissions/outputs.html", context)


@require_GET
@login_required
def output(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """One file: pictures and text are shown, anything else is downloaded."""
    get_object_or_404(visible(request.user), pk=pk)
    try:
        file = open_output(pk, name)
    except NoSuchOutput as error:
        raise Http404(f"submission {pk} has no output {name}") from error
    kind = TYPES.get(PurePosixPath(name).suffix.lower())
    response = FileResponse(
        file,
        as_attachment=kind is None,
        filename=PurePosixPath(name).name,
        content_type=kind or "application/octet-stream",
    )
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response

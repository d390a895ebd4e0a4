"""The jobs of a submission that failed, and what each of them said; asks the batch."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.access import User
from datahandling.base import Unknown
from submissions.launchers import CannotStart, Launcher, launcher_of
from submissions.launching import script
from submissions.listing import visible
from submissions.models import Submission


@require_GET
@login_required
def failed_jobs(request: HttpRequest, pk: int) -> HttpResponse:
    """Failed jobs with a link each, for the submission's page; nothing where there are none."""
    found = _find(request.user, pk)
    if not found.jobs.get("failed"):
        return HttpResponse()
    context = {"submission": found, "failed": found.jobs["failed"]}
    try:
        context["jobs"] = _launcher(found).failed_jobs(pk)
    except (Unknown, CannotStart) as error:
        context["no_answer"] = str(error)
    return render(request, "submissions/_failed_jobs.html", context)


@require_GET
@login_required
def job_log(request: HttpRequest, pk: int, job: int) -> HttpResponse:
    """The end of what one job wrote, secrets masked."""
    found = _find(request.user, pk)
    context = {"submission": found, "job": job}
    try:
        said = _launcher(found).job_log(pk, job)
        context["streams"] = [(stream, script.mask(text)) for stream, text in said.items()]
    except (Unknown, CannotStart) as error:
        context["no_answer"] = str(error)
    return render(request, "submissions/job_log.html", context)


def _find(user: User, pk: int) -> Submission:
    return get_object_or_404(visible(user).select_related("stage__campaign", "snapshot"), pk=pk)


def _launcher(submission: Submission) -> Launcher:
    return launcher_of(submission)

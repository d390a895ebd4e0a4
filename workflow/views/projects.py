"""What a person can do with a submission's project: offer files again, have it go on."""

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from campaigns.access import User, may_launch
from campaigns.models import CampaignStage
from datahandling.query import HANDLE_STATES
from submissions.figures.lookups import handler_of
from submissions.models import FileStatistics, Submission
from workflow.controls import Refused
from workflow.views.answers import attempt, require
from workflow.views.submissions import find_submission

STATES = {"all": HANDLE_STATES, "failed": ("failed",), "chosen": ()}
MOST = 1000  # files that can be chosen at once


@require_POST
@login_required
def restart(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer files to jobs again: all, those that failed, or the chosen ones."""
    submission = find_submission(request.user, pk)
    require(may_launch(request.user, submission.stage), f"restart files of {submission.stage}")
    which = request.POST.get("which", "")
    files = request.POST.getlist("file") if which == "chosen" else []

    def do() -> str:
        if which not in STATES or (which == "chosen" and not 0 < len(files) <= MOST):
            raise Refused(f"Choose the files to offer again, at most {MOST}.")
        project = _project_of(request.user, submission)
        handler_of(submission).restart_handles(project, states=STATES[which], files=files)
        FileStatistics.objects.moved([submission.pk])
        return "The files are offered to jobs again; launch a recovery if none is running."

    attempt(request, do)
    return redirect("submissions:project", pk)


@require_POST
@login_required
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a project that was ended hand out files again."""
    submission = find_submission(request.user, pk)
    require(may_launch(request.user, submission.stage), f"activate projects of {submission.stage}")

    def do() -> str:
        project = _project_of(request.user, submission)
        handler_of(submission).activate_project(project)
        FileStatistics.objects.moved([submission.pk])
        return "The project is active."

    attempt(request, do)
    return redirect("submissions:project", pk)


def _project_of(user: User, submission: Submission) -> str:
    """Return a submission's project, if ``user`` may launch every stage that works through it."""
    if not submission.project:
        raise Refused(f"Submission {submission.pk} has no project.")
    working = Q()
    for name, names in handler_of(submission).sharing(submission.project).items():
        working |= Q(experiment__name=name, project__in=names)
    stages = CampaignStage.objects.filter(pk__in=Submission.objects.filter(working).values("stage"))
    for stage in stages.select_related("campaign__experiment"):
        experiment = stage.campaign.experiment
        who = stage if experiment.pk == submission.experiment_id else f"experiment {experiment}"
        require(may_launch(user, stage), f"act on the project, which {who} uses as well")
    return submission.project

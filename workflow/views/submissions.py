"""What a submission's page has put in: why it is where it is, and what one can do about it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import User, may_launch
from campaigns.models import Experimenter
from campaigns.recoveries import recoveries_on
from submissions.listing import visible
from submissions.models import Submission
from submissions.showing import launched_on
from submissions.statuses import BROKEN, IN_BATCH, Actor, Status, may_move
from workflow.controls import CONTROLS, Refused
from workflow.controls import recover as launch_recovery
from workflow.views.answers import attempt, require

MOST = 200
SHOWN = 30


def in_batch(submission: Submission) -> bool:
    return submission.status in IN_BATCH


def can_become(target: Status) -> Callable[[Submission], bool]:
    return lambda submission: may_move(Status(submission.status), target, Actor.PERSON)


def waits_for_approval(submission: Submission) -> bool:
    return submission.status == Status.AWAITING_APPROVAL


def waits_for_output(submission: Submission) -> bool:
    over = submission.status in (Status.COMPLETED, Status.LOCATED)
    return over and submission.finished_at is None and submission.original_id is None


@dataclass(frozen=True)
class Button:
    """A control as a button: when it could do something, what it asks before and tells after.

    Whether it does something is the control's to say.
    """

    name: str
    label: str
    fits: Callable[[Submission], bool]
    done: str
    question: str = ""
    look: str = ""


BUTTONS = (
    Button(
        "approve",
        "Approve",
        waits_for_approval,
        "Approved: its chain goes on.",
        look="btn-primary",
    ),
    Button(
        "unapprove",
        "Refuse",
        waits_for_approval,
        "Refused: nothing follows from it.",
        "Refuse it? Nothing will follow from it.",
        "btn-outline-danger",
    ),
    Button(
        "relaunch",
        "Launch again",
        lambda submission: submission.status in BROKEN,
        "It is launched again.",
        "Launch it again?",
        "btn-primary",
    ),
    Button(
        "kick",
        "Count as completed",
        can_become(Status.COMPLETED),
        "It counts as Completed.",
        "Count its jobs as over, whatever the batch system says?",
    ),
    Button(
        "let-go",
        "Wait no more",
        waits_for_output,
        "It waits for no more output.",
        "Go on without the output that is missing? It is recorded by name.",
    ),
    Button(
        "abort",
        "Abort launch",
        lambda submission: submission.status == Status.NEW and submission.attempt > 0,
        "Its launch is stopped; it ends as LaunchFailed unless there are jobs.",
        "Kill the launch script, with all that it started?",
        "btn-outline-danger",
    ),
    Button(
        "hold-jobs",
        "Hold jobs",
        lambda submission: submission.status in (Status.IDLE, Status.RUNNING),
        "The batch system holds its jobs.",
    ),
    Button(
        "release-jobs",
        "Release jobs",
        lambda submission: submission.status == Status.HELD,
        "The batch system lets its jobs go on.",
    ),
    Button(
        "kill",
        "Kill jobs",
        in_batch,
        "Its jobs are removed.",
        "Remove its jobs from the batch system? Nothing will follow from it.",
        "btn-outline-danger",
    ),
    Button(
        "cancel",
        "Cancel",
        lambda submission: can_become(Status.CANCELLED)(submission) and not in_batch(submission),
        "It is cancelled.",
        "Cancel it for good? Nothing will follow from it.",
        "btn-outline-danger",
    ),
)


def find_submission(user: User, pk: int) -> Submission:
    return get_object_or_404(
        visible(user).select_related("stage__campaign__experiment", "experiment"), pk=pk
    )


@require_GET
@login_required
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """The decisions about it, newest first, and the inputs that its chain left behind, by name."""
    submission = find_submission(request.user, pk)
    decisions = list(submission.decisions.order_by("-pk")[: SHOWN + 1])
    context = {
        "submission": submission,
        "decisions": decisions[:SHOWN],
        "more": len(decisions) > SHOWN,
        "left_behind": submission.left_behind.all()[:MOST],
    }
    return render(request, "workflow/_why.html", context)


@require_GET
@login_required
def controls(request: HttpRequest, pk: int) -> HttpResponse:
    """The buttons that make sense in its status, for whom may press them."""
    submission = find_submission(request.user, pk)
    if not may_launch(request.user, submission.stage):
        return HttpResponse()
    context = {
        "submission": submission,
        "buttons": _buttons(submission),
        "recovery_types": _recovery_types(submission),
    }
    return render(request, "workflow/_controls.html", context)


def _buttons(submission: Submission) -> list[Button]:
    if submission.replaced_by_id is not None:
        return []
    return [button for button in BUTTONS if button.fits(submission)]


def _recovery_types(submission: Submission) -> list[tuple[str, str]]:
    over = submission.status in (Status.COMPLETED, Status.LOCATED)
    if not over or not submission.project or submission.original_id is not None:
        return []
    return [(name, kind.title) for name, kind in recoveries_on(launched_on(submission)).items()]


@require_POST
@login_required
def control(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Press one of the buttons."""
    submission = find_submission(request.user, pk)
    button = next((button for button in BUTTONS if button.name == name), None)
    if button is None:
        raise Http404(f"there is no control {name}")
    require(may_launch(request.user, submission.stage), f"change submissions of {submission.stage}")
    who = request.user
    assert isinstance(who, Experimenter)
    become: list[int] = []

    def do() -> str:
        result = CONTROLS[name](submission, who)
        become.append(result.pk if isinstance(result, Submission) else pk)
        return button.done

    attempt(request, do)
    return redirect("submissions:submission", become[0] if become else pk)


@require_POST
@login_required
def recover(request: HttpRequest, pk: int) -> HttpResponse:
    """Launch a recovery of the chosen type, and show it."""
    submission = find_submission(request.user, pk)
    require(may_launch(request.user, submission.stage), f"launch {submission.stage}")
    kind = request.POST.get("recovery_type", "")
    who = request.user
    assert isinstance(who, Experimenter)
    made: list[int] = []

    def do() -> str:
        if kind not in recoveries_on(launched_on(submission)):
            raise Refused(f"There is no recovery of type {kind!r} here.")
        made.append(launch_recovery(submission, kind, who).pk)
        return f"Launched the recovery as submission {made[0]}."

    attempt(request, do)
    return redirect("submissions:submission", made[0] if made else pk)

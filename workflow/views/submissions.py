"""What a submission's page has put in: why it is where it is, and what one can do about it."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import User, may_launch
from campaigns.models import Experimenter
from campaigns.recoveries import RECOVERY_TYPES
from submissions.listing import visible
from submissions.models import Submission
from submissions.statuses import BROKEN, Actor, Status, may_move
from workflow.controls import CONTROLS, Refused
from workflow.controls import recover as launch_recovery
from workflow.views.answers import attempt, require

MOST = 200
SHOWN = 30


@dataclass(frozen=True)
class Button:
    """A control as a button: what it says, what is asked before, and what is told after."""

    name: str
    label: str
    done: str
    question: str = ""


BUTTONS = (
    Button("approve", "Approve", "Approved: its chain goes on."),
    Button(
        "unapprove",
        "Refuse",
        "Refused: nothing follows from it.",
        "Refuse it? Nothing will follow from it.",
    ),
    Button("relaunch", "Launch again", "It is launched again.", "Launch it again?"),
    Button(
        "kick",
        "Count as completed",
        "It counts as Completed.",
        "Count its jobs as over, whatever the batch system says?",
    ),
    Button(
        "let-go",
        "Wait no more",
        "It waits for no more output.",
        "Go on without the output that is missing? It is recorded by name.",
    ),
    Button(
        "cancel", "Cancel", "It is cancelled.", "Cancel it for good? Nothing will follow from it."
    ),
)
MOVES = {
    "approve": Status.APPROVED,
    "unapprove": Status.REMOVED,
    "kick": Status.COMPLETED,
    "cancel": Status.CANCELLED,
}


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
        "buttons": [button for button in BUTTONS if makes_sense(button.name, submission)],
        "recovery_types": _recovery_types(submission),
    }
    return render(request, "workflow/_controls.html", context)


def makes_sense(control: str, submission: Submission) -> bool:
    """Tell whether a control could do something now; whether it does is the control's to say."""
    status = Status(submission.status)
    if submission.replaced_by_id is not None:
        return False
    if control in ("approve", "unapprove") and status != Status.AWAITING_APPROVAL:
        return False
    if control == "relaunch":
        return status in BROKEN
    if control == "let-go":
        return (
            status in (Status.COMPLETED, Status.LOCATED)
            and submission.finished_at is None
            and submission.original_id is None
        )
    return may_move(status, MOVES[control], Actor.PERSON)


def _recovery_types(submission: Submission) -> list[tuple[str, str]]:
    over = submission.status in (Status.COMPLETED, Status.LOCATED)
    if not over or not submission.project or submission.original_id is not None:
        return []
    return [(name, kind.title) for name, kind in RECOVERY_TYPES.items()]


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
        if kind not in RECOVERY_TYPES:
            raise Refused(f"There is no recovery of type {kind!r}.")
        made.append(launch_recovery(submission, kind, who).pk)
        return f"Launched the recovery as submission {made[0]}."

    attempt(request, do)
    return redirect("submissions:submission", made[0] if made else pk)

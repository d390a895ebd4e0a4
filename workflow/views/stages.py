"""What a stage's page has put in: the passes of its split, and its schedules."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from campaigns.access import may_edit, may_launch, visible_to
from campaigns.api.keys import read_key
from campaigns.models import CampaignStage, Experimenter
from campaigns.models.campaigns import EdgeKind
from submissions.models import Pass
from submissions.models.runs import PassState
from workflow import passes as walking
from workflow import scheduling
from workflow.controls import Refused
from workflow.models import Schedule
from workflow.views.answers import attempt, require
from workflow.views.launches import find_stage

LAST = 10
LARGEST = 2**63 - 1


@require_GET
@login_required
def passes(request: HttpRequest, pk: int) -> HttpResponse:
    """The last passes: where each is, how many of its slices are open."""
    stage = find_stage(request.user, pk)
    rows = stage.passes.select_related("run").annotate(
        taken=Count("slices"),
        open=Count(
            "slices", Q(slices__finished_at=None, slices__replaced_by=None, slices__original=None)
        ),
    )
    may = may_launch(request.user, stage)
    fed = stage.incoming.filter(kind=EdgeKind.FEEDS).exists()  # then each feeding opens a pass
    context = {
        "stage": stage,
        "passes": rows[:LAST],
        "may_launch": may,
        "may_reset": may and not fed,
    }
    return render(request, "workflow/_passes.html", context)


@require_POST
@login_required
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the standing pass (or the test pass) anew: from the start, or from a position."""
    stage = find_stage(request.user, pk)
    require(may_launch(request.user, stage), f"reset the passes of {stage}")
    test = request.POST.get("test") == "1"

    def do() -> str:
        position = _position(request.POST.get("position", "").strip())
        walking.reset(stage, test, position)
        return (
            "The next slice is the first again."
            if position is None
            else f"The next slice is taken at position {position}."
        )

    attempt(request, do)
    return redirect("campaigns:stage", pk)


def _position(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        raise ValidationError(
            f"A position is a whole number, not {text[:40]!r}; leave it empty for the start."
        )
    return int(text)


@require_POST
@login_required
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pass go on that stopped because a person ended one of its slices."""
    rows = visible_to(Pass.objects.all(), request.user, "stage__campaign__experiment")
    walk = get_object_or_404(rows.select_related("stage__campaign__experiment", "run"), pk=pk)
    require(may_launch(request.user, walk.stage), f"resume a pass of {walk.stage}")

    def do() -> str:
        if walk.state != PassState.STOPPED or walk.run is None:
            raise Refused(f"Pass {walk.pk} is {walk.state}: only a stopped one can be resumed.")
        walking.resume(walk, walk.run)
        return f"Pass {walk.pk} goes on."

    attempt(request, do)
    return redirect("campaigns:stage", walk.stage_id)


@require_GET
@login_required
def schedules(request: HttpRequest, pk: int) -> HttpResponse:
    stage = find_stage(request.user, pk)
    rows = Schedule.objects.filter(Q(stage=stage) | Q(stage=None, campaign=stage.campaign_id))
    context = {
        "stage": stage,
        "schedules": rows.select_related("who"),
        "may_edit": may_edit(request.user, stage.campaign),
    }
    return render(request, "workflow/_schedules.html", context)


@require_POST
@login_required
def add_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Launch the stage, or its whole campaign, at the ticks of a cron line."""
    stage = find_stage(request.user, pk)
    require(may_edit(request.user, stage.campaign), f"schedule {stage.campaign}")
    whom: CampaignStage | None = None if request.POST.get("whole") == "1" else stage
    who = request.user
    assert isinstance(who, Experimenter)

    def do() -> str:
        cron = request.POST.get("cron", "").strip()
        made = scheduling.schedule(stage.campaign, whom, cron, who)
        return f"The next launch is at {made.next_tick:%F %H:%M} UTC."

    attempt(request, do)
    return redirect("campaigns:stage", pk)


@require_POST
@login_required
def delete_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    rows = visible_to(
        Schedule.objects.select_related("campaign__experiment"),
        request.user,
        "campaign__experiment",
    )
    schedule = get_object_or_404(rows, pk=pk)
    require(
        may_edit(request.user, schedule.campaign), f"change the schedules of {schedule.campaign}"
    )
    stage = schedule.stage_id or read_key(request.POST.get("stage", ""))

    def do() -> str:
        schedule.delete()
        return f"Nothing is launched at {schedule.cron} any more."

    attempt(request, do)
    return (
        redirect("campaigns:stage", stage)
        if stage is not None
        else redirect("campaigns:campaign", schedule.campaign_id)
    )

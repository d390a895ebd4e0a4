"""Holds: which are in force, holding, lifting."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns import access
from campaigns.api.keys import read_key
from campaigns.models import Campaign, CampaignStage, Experiment, Experimenter
from workflow import holds as holding
from workflow.holds import may_hold, scope_of, visible_holds
from workflow.models import Hold
from workflow.views.answers import attempt, back, require

SHOWN = 50
SCOPES: dict[str, type[Campaign | CampaignStage | Experiment]] = {
    "stage": CampaignStage,
    "campaign": Campaign,
    "experiment": Experiment,
}


@require_GET
@login_required
def holds(request: HttpRequest) -> HttpResponse:
    """What is held and why; and a form to hold what ``?stage=`` or ``?campaign=`` names."""
    asked = {name: request.GET[name] for name in SCOPES if request.GET.get(name)}
    scope = _find_scope(request.user, asked)
    context: dict[str, Any] = {
        "holds": [
            (hold, may_hold(request.user, scope_of(hold)))
            for hold in visible_holds(request.user)[:SHOWN]
        ],
        "scope": scope,
        "scope_kind": next(iter(asked), ""),
        "may_hold": scope is not None and may_hold(request.user, scope),
        "experiments": _holdable(request.user),
        "may_hold_everything": access.may_hold_everything(request.user),
    }
    return render(request, "workflow/holds.html", context)


def _holdable(user: access.User) -> list[Experiment]:
    experiments = Experiment.objects.visible_to(user).filter(active=True)
    return [
        experiment for experiment in experiments if access.may_hold_experiment(user, experiment)
    ]


def _find_scope(user: access.User, asked: Any) -> holding.Scope:
    """Return the one thing that is named, or None where nothing is."""
    for name, model in SCOPES.items():
        if key := asked.get(name):
            if read_key(key) is None:
                raise Http404(f"there is no {name} {key}")
            rows: QuerySet[Any] = model._default_manager.all()
            return get_object_or_404(rows.visible_to(user), pk=key)  # type: ignore[attr-defined, no-any-return]
    return None


@require_POST
@login_required
def make(request: HttpRequest) -> HttpResponse:
    """Hold one stage, campaign or experiment, or (``everything``) all there is."""
    scope = _find_scope(request.user, request.POST)
    if scope is None and request.POST.get("everything") != "1":
        raise Http404("say what to hold")
    require(may_hold(request.user, scope), "hold launches there")
    who = request.user
    assert isinstance(who, Experimenter)

    def do() -> str:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            raise ValidationError("Say why: people will ask.")
        return f"Launches are held: {holding.hold(scope, reason[:300], who)}"

    attempt(request, do)
    return back(request, reverse("workflow:holds"))


@require_POST
@login_required
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    held = get_object_or_404(visible_holds(request.user), pk=pk)
    require(may_hold(request.user, scope_of(held)), "lift this hold")
    who = request.user
    assert isinstance(who, Experimenter)

    def do() -> str:
        holding.release(held, who)
        return "The hold is lifted: what was queued under it goes on."

    attempt(request, do)
    return back(request, reverse("workflow:holds"))


@require_GET
@login_required
def over_campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """The holds that a launch of the campaign would be under, for the top of its page."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    scope = (
        Q(campaign=campaign)
        | Q(stage__campaign=campaign)
        | Q(experiment=campaign.experiment_id)
        | Q(experiment=None, campaign=None, stage=None)
    )
    return _banner(request, visible_holds(request.user).filter(scope))


@require_GET
@login_required
def over_stage(request: HttpRequest, pk: int) -> HttpResponse:
    stage = get_object_or_404(
        CampaignStage.objects.visible_to(request.user).select_related("campaign"), pk=pk
    )
    return _banner(
        request, visible_holds(request.user).filter(pk__in=holding.holds_over(stage).values("pk"))
    )


def _banner(request: HttpRequest, rows: QuerySet[Hold]) -> HttpResponse:
    found = [(hold, may_hold(request.user, scope_of(hold))) for hold in rows]
    return render(request, "workflow/_holds.html", {"holds": found})

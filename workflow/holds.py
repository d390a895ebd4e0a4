"""Holds: launches under one stay New until it is lifted, then go on by themselves (W10)."""

from typing import Any

from django.db import transaction
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from campaigns.access import (
    User,
    may_hold_everything,
    may_hold_experiment,
    may_launch,
    visible_to,
)
from campaigns.models import Campaign, CampaignStage, Experiment, Experimenter
from submissions.models import Submission
from submissions.models.submissions import Cause
from submissions.statuses import Status
from workflow.models import Hold

Scope = Experiment | Campaign | CampaignStage | None


def hold(scope: Scope, reason: str, who: Experimenter) -> Hold:
    """Hold launches of a stage, a campaign, an experiment, or of everything (None)."""
    return Hold.objects.create(
        experiment=scope if isinstance(scope, Experiment) else None,
        campaign=scope if isinstance(scope, Campaign) else None,
        stage=scope if isinstance(scope, CampaignStage) else None,
        reason=reason,
        who=who,
    )


def release(held: Hold, who: Experimenter) -> bool:
    """Lift a hold, and have what was queued under it looked at; False if it was lifted before."""
    lifted = Hold.objects.filter(pk=held.pk, lifted_at=None).update(
        lifted_at=timezone.now(), lifted_by=who
    )
    if lifted:
        _wake(Submission.objects.filter(_under(held)))
    return bool(lifted)


def wake_unless_held(submission: Submission) -> None:
    if find_hold(submission) is None:
        _wake(Submission.objects.filter(pk=submission.pk))


def _wake(submissions: QuerySet[Submission]) -> None:
    """Have those looked at that were queued; locked in their order, as everybody does."""
    queued = submissions.filter(status=Status.NEW, due_at=None).exclude(cause=Cause.EXTERNAL)
    with transaction.atomic():
        rows = queued.order_by("pk").select_for_update(no_key=True, of=("self",))
        found = list(rows.values_list("pk", flat=True))
        Submission.objects.filter(pk__in=found).update(due_at=timezone.now())


def find_hold(submission: Submission) -> Hold | None:
    """Return the hold that this launch is under: a global one first, then the widest."""
    return holds_over(submission.stage).first()


def holds_over(stage: CampaignStage) -> QuerySet[Hold]:
    campaign = stage.campaign
    everything = Q(experiment=None, campaign=None, stage=None)
    scope = (
        everything
        | Q(experiment=campaign.experiment_id)
        | Q(campaign=campaign.pk)
        | Q(stage=stage.pk)
    )
    return in_force().filter(scope)


def in_force() -> QuerySet[Hold]:
    """Return the holds that nobody has lifted, the widest first."""
    widest_first = [F(part).asc(nulls_first=True) for part in ("stage", "campaign", "experiment")]
    return Hold.objects.filter(lifted_at=None).order_by(*widest_first, "pk")


def with_holds(submissions: QuerySet[Submission]) -> QuerySet[Any]:
    """Add ``under``: the key of the hold that a submission is queued under, or None."""
    over = in_force().filter(
        Q(stage=None) | Q(stage=OuterRef("stage")),
        Q(campaign=None) | Q(campaign=OuterRef("stage__campaign")),
        Q(experiment=None) | Q(experiment=OuterRef("experiment")),
    )
    queued = Q(status=Status.NEW, due_at=None) & ~Q(cause=Cause.EXTERNAL)
    return submissions.annotate(under=Case(When(queued, then=Subquery(over.values("pk")[:1]))))


def _under(held: Hold) -> Q:
    if held.stage_id:
        return Q(stage=held.stage_id)
    if held.campaign_id:
        return Q(stage__campaign=held.campaign_id)
    return Q(experiment=held.experiment_id) if held.experiment_id else Q()


def visible_holds(user: User) -> QuerySet[Hold]:
    """Return the holds in force that stand in this person's way, or could."""
    rows = Hold.objects.filter(lifted_at=None).select_related(
        "experiment", "campaign__experiment", "stage__campaign__experiment", "who"
    )
    experiments = visible_to(Experiment.objects.all(), user, "pk")
    theirs = (
        Q(experiment__in=experiments)
        | Q(campaign__experiment__in=experiments)
        | Q(stage__campaign__experiment__in=experiments)
    )
    return rows.filter(theirs | Q(experiment=None, campaign=None, stage=None))


def may_hold(user: User, scope: Scope) -> bool:
    """Tell who may hold and lift: of a stage or campaign, who may launch it."""
    if scope is None:
        return may_hold_everything(user)
    return (
        may_hold_experiment(user, scope)
        if isinstance(scope, Experiment)
        else may_launch(user, scope)
    )


def scope_of(held: Hold) -> Scope:
    return held.stage or held.campaign or held.experiment

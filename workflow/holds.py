"""Holds: launches under one stay New until it is lifted, then go on by themselves (W10)."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from campaigns.access import User, may_hold_everything, may_hold_experiment, may_launch
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


def holding(submissions: Iterable[Submission]) -> dict[int, Hold]:
    """Return the hold of each of those that are queued under one, by the submission's key."""
    queued = [row for row in submissions if row.status == Status.NEW and row.due_at is None]
    holds = list(in_force().select_related("experiment", "campaign", "stage")) if queued else []
    found = {row.pk: next((held for held in holds if _is_over(held, row)), None) for row in queued}
    return {pk: held for pk, held in found.items() if held is not None}


def _is_over(held: Hold, submission: Submission) -> bool:
    """Say of one submission what ``_under`` says of all."""
    pairs = (
        (held.stage_id, submission.stage_id),
        (held.campaign_id, submission.stage.campaign_id),
        (held.experiment_id, submission.experiment_id),
    )
    return submission.cause != Cause.EXTERNAL and all(scope in (None, its) for scope, its in pairs)


def _under(held: Hold) -> Q:
    if held.stage_id:
        return Q(stage=held.stage_id)
    if held.campaign_id:
        return Q(stage__campaign=held.campaign_id)
    return Q(experiment=held.experiment_id) if held.experiment_id else Q()


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

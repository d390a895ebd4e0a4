"""Walking the passes of a split: each marked pass is topped up with slices (W7)."""

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns.dataservices import handler_of
from campaigns.models import CampaignStage
from campaigns.parameters import fill_keywords
from campaigns.slicing import Found, find_slice, names_dataset
from campaigns.splits import Slice, SplitError, parse_split
from datahandling.base import DatasetConflict, QueryError, Unknown
from submissions.crashpoints import reach
from submissions.models import Pass, Run, Submission
from submissions.models.runs import PassKind, PassState
from submissions.models.submissions import Cause
from submissions.registering import AlreadyHappened, register
from submissions.statuses import Status
from workflow import joins
from workflow.units import unit

ASK_AGAIN = timedelta(seconds=10)
TRIGGERED = frozenset({PassState.OPEN, PassState.EXHAUSTED})  # by what finishes
LAUNCHED = TRIGGERED | {PassState.STOPPED}  # by people and schedules


class NoMoreSlices(Exception):
    """The split has come to the end of its dataset."""


@unit(waiting=Pass.objects.all)
def walk_next(walk: Pass) -> None:
    """Take the next slice of one marked pass."""
    room = walk.stage.slices_at_once - Submission.objects.unfinished().filter(slice_of=walk).count()
    if room <= 0:
        _rest(walk)
        return
    try:
        found = find(walk)
    except (Unknown, QueryError, DatasetConflict, SplitError) as why:
        Pass.objects.filter(pk=walk.pk).update(note=str(why))
        walk.look_again(timezone.now() + ASK_AGAIN)
        return
    if found.slice is not None:
        _hand_out(walk, found.slice, more=room > 1)
    elif found.exhausted:
        _exhaust(walk, found)
    else:
        _move_on(walk, found)


def find(walk: Pass) -> Found:
    """Look for the next slice that isn't empty, and define its dataset. May raise Unknown."""
    split = parse_split(walk.split)
    if split is None:
        return Found(exhausted=True)
    campaign = walk.stage.campaign
    handler = handler_of(campaign.data_handler, campaign.experiment.name)
    return find_slice(
        handler, split, walk.dataset, walk.position, f"{walk.stage_id}:{walk.pk}", timezone.now()
    )


def _rest(walk: Pass) -> None:
    """Nothing to do until the next trigger: no join has to wait for this look any more."""
    assert walk.run_id is not None
    with transaction.atomic():
        if _put_down(walk):
            joins.touch(walk.stage.campaign_id, {(walk.stage_id, walk.run_id)})


def _put_down(walk: Pass) -> bool:
    """Unmark a pass; the counter tells whether the next trigger has come already."""
    return Pass.objects.filter(pk=walk.pk, touched=walk.touched).update(due_at=None) == 1


def _hand_out(walk: Pass, piece: Slice, *, more: bool) -> None:
    """Create the slice's submission, if the pass is where it was."""
    reach("before-hand-out")
    with transaction.atomic():
        taken = take(walk, piece, TRIGGERED)
        if taken:
            assert walk.run is not None
            register_slice(walk, piece, walk.run)
        # With the slice: a look left over by a crash would take another one without a trigger.
        if more or not taken:
            Pass.objects.filter(pk=walk.pk, state=PassState.OPEN).update(due_at=timezone.now())
        else:
            _put_down(walk)


def take(walk: Pass, piece: Slice, states: Collection[PassState]) -> bool:
    """Move the pass past ``piece`` by compare-and-swap; with it the slice is registered."""
    here = Pass.objects.filter(pk=walk.pk, position=walk.position, state__in=states)
    return here.update(position=piece.position_after, state=PassState.OPEN, note="") == 1


def register_slice(walk: Pass, piece: Slice, run: Run, **more: Any) -> Submission:
    """Create the submission of a slice that was taken; its position is the one it was found at."""
    position = -1 if walk.position is None else walk.position
    key = f"slice:{walk.pk}:{position}"
    return register(
        walk.stage,
        run,
        Cause.SLICE,
        key=key,
        slice_of=walk,
        position=position,
        dataset=piece.dataset,
        **more,
    )


def _move_on(walk: Pass, found: Found) -> None:
    """Only empty slices so far: go on from there at once."""
    here = Pass.objects.filter(pk=walk.pk, position=walk.position, state__in=TRIGGERED)
    here.update(position=found.continue_at, due_at=timezone.now())


def _exhaust(walk: Pass, found: Found) -> None:
    """Nothing is left now. A fed pass that never had a slice skips its stage."""
    position = walk.position if found.continue_at is None else found.continue_at
    with transaction.atomic():
        here = Pass.objects.filter(pk=walk.pk, position=walk.position, touched=walk.touched)
        if not here.update(state=PassState.EXHAUSTED, position=position, due_at=None, note=""):
            return
        if walk.walks_by_itself and not walk.slices.exists():
            _skip(walk)
        assert walk.run is not None
        joins.touch(walk.stage.campaign_id, {(walk.stage_id, walk.run.pk)})


def _skip(walk: Pass) -> None:
    assert walk.run is not None
    with suppress(AlreadyHappened):
        register(
            walk.stage,
            walk.run,
            Cause.SLICE,
            key=f"slice:{walk.pk}:none",
            status=Status.SKIPPED,
            slice_of=walk,
        )


def dataset_of(stage: CampaignStage) -> str:
    """Return a stage's own dataset, with the campaign's keywords filled in."""
    return fill_keywords(stage.dataset, stage.campaign.keywords)


def has_dataset(stage: CampaignStage) -> bool:
    """Tell whether the stage has input of its own, not only what feeds it."""
    return names_dataset(stage.dataset)


def standing(stage: CampaignStage, test: bool) -> Pass:
    """Return the pass that people and schedules take slices from, opening it if need be.

    One over another dataset or split than the stage's has ended: its open slices finish, and the
    new one starts anew.
    """
    kind = PassKind.TEST if test else PassKind.STANDING
    split = stage.split_for(test)
    with transaction.atomic():
        CampaignStage.objects.select_for_update(no_key=True).get(pk=stage.pk)
        live = Pass.objects.filter(stage=stage, kind=kind).exclude(state=PassState.ENDED)
        _end(live.exclude(dataset=dataset_of(stage), split=split))
        return live.first() or Pass.objects.create(
            stage=stage, kind=kind, dataset=dataset_of(stage), split=split
        )


def reset(stage: CampaignStage, test: bool, position: int | None = None) -> Pass:
    """End the standing pass and open a new one, at the start or at ``position``."""
    kind = PassKind.TEST if test else PassKind.STANDING
    with transaction.atomic():
        CampaignStage.objects.select_for_update(no_key=True).get(pk=stage.pk)
        live = Pass.objects.filter(stage=stage, kind=kind).exclude(state=PassState.ENDED)
        _end(live)
        return Pass.objects.create(
            stage=stage,
            kind=kind,
            dataset=dataset_of(stage),
            split=stage.split_for(test),
            position=position,
        )


def _end(walks: QuerySet[Pass]) -> None:
    """End passes: their open slices finish, and no join has to wait for another one."""
    for walk in walks.select_related("stage"):
        Pass.objects.filter(pk=walk.pk).update(state=PassState.ENDED, due_at=None)
        if walk.run_id is not None:
            joins.touch(walk.stage.campaign_id, {(walk.stage_id, walk.run_id)})


def touch(walks: Collection[int], run: int) -> set[joins.Place]:
    """Mark passes: their next look tops them up. What was exhausted is looked at again.

    Returns where it takes over a look from another run, whose joins may be waiting for it.
    """
    live = _lock(walks)
    if not live:
        return set()
    rows = Pass.objects.filter(pk__in=[walk.pk for walk in live])
    rows.update(state=PassState.OPEN, run=run, touched=F("touched") + 1, due_at=timezone.now())
    return {(walk.stage_id, walk.run_id) for walk in live if walk.run_id not in (None, run)}


def stop(walks: Collection[int]) -> set[joins.Place]:
    """Stop passes that a person ended a slice of; a person may resume them.

    Returns where joins may have been waiting for their next look.
    """
    live = _lock(walks)
    rows = Pass.objects.filter(pk__in=[walk.pk for walk in live])
    rows.update(state=PassState.STOPPED, touched=F("touched") + 1, due_at=None)
    return {(walk.stage_id, walk.run_id) for walk in live if walk.run_id is not None}


def _lock(walks: Collection[int]) -> list[Pass]:
    """Lock those of these passes that triggers still reach, in the order of their ids."""
    if not walks:
        return []
    live = Pass.objects.filter(pk__in=walks, state__in=TRIGGERED)
    return list(live.order_by("pk").select_for_update(no_key=True))


def resume(walk: Pass, run: Run) -> None:
    """Let a stopped pass go on."""
    Pass.objects.filter(pk=walk.pk, state=PassState.STOPPED).update(
        state=PassState.OPEN, run=run, due_at=timezone.now()
    )

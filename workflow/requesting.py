"""Launches that people, programs and schedules ask for; each becomes New submissions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from campaigns.graph import Graph
from campaigns.models import Campaign, CampaignStage, Experimenter
from campaigns.models.campaigns import StageType
from campaigns.parameters import Pairs
from campaigns.splits import Slice, SplitError
from datahandling.base import DatasetConflict
from submissions.models import Pass, Run, Submission
from submissions.models.runs import Origin
from submissions.models.submissions import Cause
from submissions.registering import AlreadyHappened, register
from workflow import passes
from workflow.passes import NoMoreSlices, dataset_of
from workflow.projects import names_project

TRIES = 5


class CannotLaunch(Exception):
    """A launch that makes no sense as the stage is set up; the text says what to change."""


@dataclass(frozen=True)
class Wish:
    """What is asked for beside the stage itself."""

    who: Experimenter
    test: bool = False
    dataset: str = ""
    overrides: Pairs = field(default_factory=list)
    origin: Origin = Origin.PERSON
    cause: Cause = Cause.PERSON
    keys: Mapping[int, str] = field(
        default_factory=dict
    )  # by stage, where it happens once (schedules)
    still_wanted: Callable[[], bool] = lambda: (
        True
    )  # asked, and answered for good, in the writing transaction
    written: Callable[[list[Submission]], object] = lambda launched: (
        None
    )  # done with what was launched, in the writing transaction


@dataclass(frozen=True)
class _Root:
    """A stage to launch, with the slice found for it, if it has a split."""

    stage: CampaignStage
    walk: Pass | None = None
    piece: Slice | None = None


def request_launch(stage: CampaignStage, wish: Wish) -> Submission:
    """Request one launch of ``stage``, in a run of its own, and return its New submission.

    Raises:
        CannotLaunch: it has nothing to run on.
        NoMoreSlices: its split is exhausted.
        AlreadyHappened: it isn't wanted any more.
        Unknown: the data handler didn't say which files are next.
    """
    return _request(stage.campaign, [stage], wish)[0]


def request_campaign_launch(campaign: Campaign, wish: Wish) -> list[Submission]:
    """Request a launch of each stage that no other feeds, together in one run."""
    graph = Graph.of(campaign)
    stages = campaign.stages.select_related(
        "campaign__experiment", "job_type", "login_setup"
    ).order_by("pk")
    roots = [stage for stage in stages if not graph.fed(stage.pk)]
    if not roots:
        raise CannotLaunch(f"campaign {campaign} has no stage to begin with")
    return _request(campaign, roots, wish)


def _request(campaign: Campaign, stages: list[CampaignStage], wish: Wish) -> list[Submission]:
    for _ in range(TRIES):
        roots = [_look(stage, wish) for stage in stages]  # asks outside; nothing is locked
        launched = _write(campaign, roots, wish)
        if launched is not None:
            return launched
    raise CannotLaunch("others are taking slices of the same split right now; try again")


def _look(stage: CampaignStage, wish: Wish) -> _Root:
    generator = stage.stage_type == StageType.GENERATOR
    if not (wish.dataset or generator or passes.has_dataset(stage) or names_project(stage)):
        raise CannotLaunch(
            f"stage {stage} has no dataset of its own: name one, or launch what feeds it"
        )
    if wish.dataset or not stage.split_for(wish.test):
        return _Root(stage)
    walk = passes.standing(stage, wish.test)
    try:
        found = passes.find(walk)
        while found.continue_at is not None and not found.exhausted and found.slice is None:
            walk = _skip_ahead(walk, found.continue_at)
            found = passes.find(walk)
    except (SplitError, DatasetConflict) as error:
        raise CannotLaunch(f"stage {stage}: {error}") from error
    if found.slice is None:
        raise NoMoreSlices("No more splits in this campaign.")
    return _Root(stage, walk, found.slice)


def _skip_ahead(walk: Pass, position: int) -> Pass:
    Pass.objects.filter(pk=walk.pk, position=walk.position).update(position=position)
    walk.refresh_from_db()
    return walk


def _write(campaign: Campaign, roots: list[_Root], wish: Wish) -> list[Submission] | None:
    """Write the run and its submissions, or nothing (None) if one of the slices is taken."""
    with transaction.atomic():
        if not wish.still_wanted():
            raise AlreadyHappened
        taken = [
            root.walk is None
            or root.piece is None
            or passes.take(root.walk, root.piece, passes.LAUNCHED)
            for root in roots
        ]
        if not all(taken):
            transaction.set_rollback(True)
            return None
        run = Run.objects.create(
            campaign=campaign, origin=wish.origin, creator=wish.who, test=wish.test
        )
        Campaign.objects.filter(pk=campaign.pk, active=False).update(active=True)
        launched = [_register(root, run, wish) for root in roots]
        wish.written(launched)
        return launched


def _register(root: _Root, run: Run, wish: Wish) -> Submission:
    common: dict[str, Any] = {"overrides": wish.overrides, "creator": wish.who}
    if root.walk is not None and root.piece is not None:
        Pass.objects.filter(pk=root.walk.pk, due_at=None).update(run=run)
        return passes.register_slice(root.walk, root.piece, run, **common)
    generator = root.stage.stage_type == StageType.GENERATOR
    dataset = wish.dataset or ("" if generator else dataset_of(root.stage))
    key = wish.keys.get(root.stage.pk)
    return register(root.stage, run, wish.cause, key=key, dataset=dataset, **common)

"""Joins: stages that run once for all that their parents made in a run (W8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from campaigns.dataservices import handler_of
from campaigns.graph import Graph
from datahandling.base import DatasetConflict, QueryError, Unknown
from datahandling.query import Dataset, union
from submissions.crashpoints import reach
from submissions.models import Feed, Pass, Submission
from submissions.models.runs import PassKind
from submissions.models.submissions import Cause
from submissions.registering import register, reserve_id
from submissions.statuses import BROKEN, Status
from workflow.models import Join
from workflow.units import unit

ASK_AGAIN = timedelta(seconds=10)


Place = tuple[int, int]  # a stage in a run, by their ids


def touch(campaign: int, places: Iterable[Place]) -> None:
    """Have every join look that may ripen by what happened at ``places``.

    Belongs to the transaction in which it happened, once in it: joins are locked in order.
    """
    graph = Graph.of(campaign)
    joins = {(join, run) for stage, run in places for join in graph.joins_touched_by(stage)}
    if not joins:
        return
    new = [Join(stage_id=stage, run_id=run) for stage, run in sorted(joins)]
    Join.objects.bulk_create(new, ignore_conflicts=True)
    these = reduce(or_, (Q(stage=stage, run=run) for stage, run in joins))
    rows = Join.objects.filter(these).order_by("pk").select_for_update(no_key=True)
    touched = list(rows.values_list("pk", flat=True))
    Join.objects.filter(pk__in=touched).update(touched=F("touched") + 1, due_at=timezone.now())


@unit(waiting=Join.objects.all)
def ripen_next(join: Join) -> None:
    """Look at one join that was touched."""
    waits_for = find_obstacles(join)
    if waits_for:
        _wait(join, "; ".join(waits_for))
        return
    try:
        harvest = _harvest(join)
    except (Unknown, QueryError, DatasetConflict) as why:
        Join.objects.filter(pk=join.pk).update(waits_for=f"no clear answer: {why}")
        join.look_again(timezone.now() + ASK_AGAIN)
    else:
        _fire(join, harvest)


def _wait(join: Join, waits_for: str) -> None:
    """Give the claim back until touched again: the counter tells whether it was meanwhile."""
    untouched = Join.objects.filter(pk=join.pk, touched=join.touched)
    untouched.update(due_at=None, waits_for=waits_for)


def find_obstacles(join: Join) -> list[str]:
    """Return what a join waits for, in words; an empty list means that it is ripe."""
    graph = Graph.of(join.stage.campaign_id)
    return _obstacles(join.stage_id, join.run_id, graph, frozenset())


def _obstacles(stage: int, run: int, graph: Graph, asking: frozenset[int]) -> list[str]:
    if not _unjoined(stage, run).exists():
        return ["no parent has finished"]
    upstream = graph.upstream(stage)
    # Passes before chains: a walk that commits in between is seen as one of them.
    # A chain that finishes in between touches this join, and then it doesn't fire.
    walking = Pass.objects.filter(run=run, stage__in=upstream, due_at__isnull=False).select_related(
        "stage"
    )
    found = [
        f"{walk.stage.name}: pass {walk.pk} is being walked" for walk in walking.order_by("pk")[:5]
    ]
    open_chains = (
        Submission.objects.unfinished().filter(run=run, stage__in=upstream).select_related("stage")
    )
    found += [
        f"{chain.stage.name}: submission {chain.pk} "
        + (f"is {chain.status} (broken)" if chain.status in BROKEN else "isn't finished")
        for chain in open_chains.order_by("pk")[:5]
    ]
    for other in graph.joins & upstream - asking:
        excepted = stage in graph.upstream(other)
        if not excepted and not _obstacles(other, run, graph, asking | {stage}):
            found.append(f"the join upstream at stage {other} is ripe")
    return found


def _unjoined(stage: int, run: int) -> QuerySet[Feed]:
    return Feed.objects.filter(stage=stage, run=run, child=None, walked_by=None)


@dataclass(frozen=True)
class Harvest:
    """What a ripe join would run on: the feeds, and the union of their datasets."""

    feeds: tuple[int, ...]
    datasets: tuple[str, ...]
    files: int
    submission: int  # the id that the new submission will have
    dataset: str


def _harvest(join: Join) -> Harvest:
    """Count and name what the parents fed. Asks the data handler; may raise Unknown."""
    feeds = list(_unjoined(join.stage_id, join.run_id).order_by("pk"))
    datasets = tuple(feed.dataset for feed in feeds if feed.dataset)
    campaign = join.stage.campaign
    handler = handler_of(campaign.data_handler, campaign.experiment.name)
    everything = union(Dataset(name) for name in datasets)
    files = handler.count(everything) if datasets else 0
    submission = reserve_id()
    dataset = f"poms_join_{submission}"
    if files:
        handler.freeze(dataset, everything)
    return Harvest(tuple(feed.pk for feed in feeds), datasets, files, submission, dataset)


def _fire(join: Join, harvest: Harvest) -> None:
    """Create the generation's submission or pass, if the join is as it was when looked at."""
    stage, run = join.stage, join.run
    reach("before-fire")
    with transaction.atomic():
        same = Join.objects.filter(pk=join.pk, generation=join.generation, touched=join.touched)
        if not same.update(generation=F("generation") + 1, due_at=None, waits_for=""):
            return
        key = f"join:{stage.pk}:{run.pk}:{join.generation}"
        feeds = Feed.objects.filter(pk__in=harvest.feeds)
        split = stage.split_for(run.test)
        if harvest.files and split:
            walk = Pass.objects.create(
                stage=stage,
                run=run,
                kind=PassKind.JOIN,
                dataset=harvest.dataset,
                split=split,
                due_at=timezone.now(),
            )
            feeds.update(walked_by=walk)
            return
        status = Status.NEW if harvest.files else Status.SKIPPED
        dataset = harvest.dataset if harvest.files else ""
        child = register(
            stage,
            run,
            Cause.JOIN,
            pk=harvest.submission,
            key=key,
            status=status,
            dataset=dataset,
            join_generation=join.generation,
        )
        feeds.update(child=child)

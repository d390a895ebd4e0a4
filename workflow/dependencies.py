"""What a finished chain sets off: fed stages, passes that go on, joins that may ripen (W6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from campaigns.graph import Graph
from campaigns.models import CampaignDependency
from campaigns.models.campaigns import EdgeKind
from datahandling.patterns import matching, patterns
from datahandling.query import Dataset, Located, union
from submissions.chains import Chain
from submissions.models import Feed, Pass, Submission
from submissions.models.runs import PassKind
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.statuses import ENDED_BY_PERSON, Status
from workflow import joins, passes


@dataclass(frozen=True)
class Feeding:
    """What goes along one edge: a dataset, and how many files it has (0: the stage is skipped)."""

    edge: CampaignDependency
    dataset: str
    files: int


def find_feeds(chain: Chain) -> tuple[Feeding, ...]:
    """Name and count what the chain feeds to each edge. Asks the data handler; may raise Unknown.

    A chain ended by a person feeds nothing at all; one that ended with nothing feeds emptiness, so
    that the stages behind it are skipped.
    """
    original = chain.original
    if original.status in ENDED_BY_PERSON:
        return ()
    feeds = chain.feeds_and_stages()
    if original.status == Status.SKIPPED:
        return tuple(Feeding(edge, "", 0) for edge in feeds)
    return tuple(_feeding(chain, edge) for edge in feeds)


def _feeding(chain: Chain, edge: CampaignDependency) -> Feeding:
    handler, original = chain.handler, chain.original
    if chain.passes_input_on:
        return Feeding(edge, original.dataset, handler.count(Dataset(original.dataset)))
    name = chain.dataset_of(edge)
    if chain.jobs_define_outputs:
        return Feeding(edge, name, handler.count(Dataset(name)) if handler.exists(name) else 0)
    wanted = union(matching(pattern) for pattern in patterns(chain.pattern_of(edge)))
    output = chain.output(wanted) & Located()
    return Feeding(edge, name, handler.freeze(name, output, anew=True))


def set_off(original: Submission, feeds: tuple[Feeding, ...]) -> None:
    """Write what the finished chain sets off. Belongs to the transaction that finishes it."""
    for feeding in feeds:
        _feed(original, feeding)
    if original.status in ENDED_BY_PERSON:
        places = passes.stop(passes_to_stop(original))
    else:
        places = passes.touch(passes_to_continue(original), original.run_id)
    joins.touch(original.stage.campaign_id, {(original.stage_id, original.run_id), *places})


def _feed(original: Submission, feeding: Feeding) -> None:
    edge, stage = feeding.edge, feeding.edge.downstream
    feed = Feed(
        parent=original,
        edge=edge,
        stage=stage,
        run=original.run,
        dataset=feeding.dataset if feeding.files else "",
    )
    split = stage.split_for(original.test)
    if stage.join:
        pass  # it waits in the feed until the join is ripe
    elif feeding.files and split:
        feed.walked_by = Pass.objects.create(
            stage=stage,
            run=original.run,
            kind=PassKind.FED,
            dataset=feeding.dataset,
            split=split,
            due_at=timezone.now(),
        )
    else:
        feed.child = register(
            stage,
            original.run,
            Cause.DEPENDENCY,
            key=f"dependency:{original.pk}:{edge.pk}",
            status=Status.NEW if feeding.files else Status.SKIPPED,
            dataset=feed.dataset,
            creator=original.creator,
        )
    feed.save()


def passes_to_continue(original: Submission) -> set[int]:
    """Return the passes that a chain's end sets off: its own, and behind next-slice edges (W7)."""
    found = _own_pass(original)
    next_slice = CampaignDependency.objects.filter(kind=EdgeKind.NEXT_SLICE)
    for edge in next_slice.filter(upstream=original.stage_id).order_by("pk"):
        found |= _nearest_passes(original, edge.downstream_id) or _standing_pass(edge, original)
    return found


def passes_to_stop(original: Submission) -> set[int]:
    """Return the passes that a chain ended by a person was walking (W6).

    Those that its end would have continued; and of its ancestors those that only something below
    it would have, which now won't come about.
    """
    found = passes_to_continue(original)
    graph = Graph.of(original.stage.campaign)
    for source, stage in graph.next_slices:
        if source in graph.below(original.stage_id):
            found |= _nearest_passes(original, stage)
    return found


def _own_pass(original: Submission) -> set[int]:
    """Return the pass it is a slice of, if that walks by itself and no edge says when instead."""
    walk = original.slice_of
    if walk is None or original.position is None or not walk.walks_by_itself:
        return set()
    told = Graph.of(original.stage.campaign).next_slice_sources(original.stage_id)
    return set() if told else {walk.pk}


def _nearest_passes(original: Submission, stage: int) -> set[int]:
    """Return the passes of ``stage`` that the nearest ancestors on each branch are slices of."""
    found: set[int] = set()
    seen: set[int] = set()
    generation = {original.pk}
    while generation:
        seen |= generation
        rows = Submission.objects.filter(pk__in=generation).values_list(
            "pk", "stage_id", "slice_of_id"
        )
        found |= {walk for _, at, walk in rows if at == stage and walk}
        above = [(pk, walk) for pk, at, walk in rows if not (at == stage and walk)]
        generation = _parents(above) - seen
    return found


def _parents(children: Iterable[tuple[int, int | None]]) -> set[int]:
    """Return the chains that fed these ``(submission, pass)`` pairs."""
    submissions = [pk for pk, _ in children]
    passes = [walk for _, walk in children if walk]
    fed = Feed.objects.filter(child__in=submissions) | Feed.objects.filter(walked_by__in=passes)
    return set(fed.values_list("parent_id", flat=True))


def _standing_pass(edge: CampaignDependency, original: Submission) -> set[int]:
    stage = edge.downstream
    if Graph.of(stage.campaign).fed(stage.pk) or not stage.split_for(original.test):
        return set()
    return {passes.standing(stage, original.test).pk}

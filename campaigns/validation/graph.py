"""Rules for a campaign's graph: what may feed what, and set off what (W7, W8)."""

from collections.abc import Iterator

from campaigns.documents import Document, Edge, Fields, Problem
from campaigns.splits import SplitError, parse_split
from campaigns.splits.base import Split
from campaigns.walking import shortest_way

LAST_NUMBER = 32_767  # of an edge: what its column holds


def ends_of_edges(document: Document) -> Iterator[Problem]:
    """An edge joins stages of the campaign."""
    for edge in document.edges:
        for end in (edge.upstream, edge.downstream):
            if end not in document.stages:
                yield _wrong(edge, f"there is no stage {end} in the campaign")


def numbers_of_edges(document: Document) -> Iterator[Problem]:
    """Feeds edges have each their own number at a stage; a next-slice edge comes once."""
    seen: set[tuple[str, int | str]] = set()
    for edge in document.edges:
        mark = edge.position if edge.feeds else edge.downstream
        if mark is None:
            continue
        if edge.feeds and not 1 <= int(mark) <= LAST_NUMBER:
            yield _wrong(edge, f"its number is 1 to {LAST_NUMBER}, not {mark}")
        if (edge.upstream, mark) in seen:
            what = f"number {mark}" if edge.feeds else "next-slice edge"
            yield _wrong(edge, f"{edge.upstream} has another {what} already")
        seen.add((edge.upstream, mark))


def circles(document: Document) -> Iterator[Problem]:
    """No stage feeds itself, by whatever way."""
    seen: set[str] = set()
    for stage in document.stages:
        way = _way(document, stage, stage)
        if way and seen.isdisjoint(way):
            seen.update(way)
            yield Problem(
                f"{' → '.join(way)} feed each other in a circle, so none could be the first: "
                "make the edge that closes it a next-slice edge",
                f"dependencies {stage}",
            )


def next_slice_edges(document: Document) -> Iterator[Problem]:
    """A next-slice edge goes to a stage whose pass can go on, and comes to its end."""
    for edge in document.edges:
        if edge.feeds or edge.downstream not in document.stages:
            continue
        for split in _splits(document.stages[edge.downstream]):
            if split is None:
                yield _wrong(edge, f"{edge.downstream} has no split, so it has no next slice")
            elif not split.ends:
                yield _wrong(edge, f"{split} never ends, so this would launch for ever")
        if document.feeding(edge.downstream) and not _is_above(document, edge):
            yield _wrong(
                edge,
                f"{edge.downstream} is fed, but not on the way to {edge.upstream}, "
                "so nothing says whose next slice is meant",
            )


def joins(document: Document) -> Iterator[Problem]:
    """A join has something to join."""
    for name, stage in document.stages.items():
        if stage.get("join") and not document.feeding(name):
            message = f"stage {name} is a join, but no stage feeds it: it would never be ripe"
            yield Problem(message, f"campaign_stage {name}", "join")


def generators(document: Document) -> Iterator[Problem]:
    """A generator has no input."""
    for name, stage in document.stages.items():
        feeders = ", ".join(edge.upstream for edge in document.feeding(name))
        if stage.get("stage_type") == "generator" and feeders:
            message = f"stage {name} is a generator, which has no input, but is fed by {feeders}"
            yield Problem(message, f"campaign_stage {name}", "stage_type")


def _wrong(edge: Edge, message: str) -> Problem:
    word = "edge" if edge.feeds else "next-slice edge"
    return Problem(f"{word} {edge}: {message}", f"dependencies {edge.downstream}")


def _splits(stage: Fields) -> Iterator[Split | None]:
    """Yield what a launch may use: the split, and the test split where there is one."""
    texts = [stage.get("split_type"), *filter(None, [stage.get("test_split_type")])]
    for text in texts:
        try:
            yield parse_split(text)
        except SplitError:
            continue  # said by another rule


def _is_above(document: Document, edge: Edge) -> bool:
    """Say whether the target of a next-slice edge is its source, or an ancestor of it."""
    same = edge.upstream == edge.downstream
    return same or bool(_way(document, edge.downstream, edge.upstream))


def _way(document: Document, start: str, goal: str) -> list[str]:
    """Return a shortest way along feeds edges from start to goal, at least one edge long."""
    feeds = [(edge.upstream, edge.downstream) for edge in document.edges if edge.feeds]
    return shortest_way(start, goal, feeds)

"""Walking along the arrows of a graph: (from, to) pairs of whatever its nodes are known by."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reached(start: Iterable[Node], arrows: Iterable[tuple[Node, Node]]) -> set[Node]:
    """Return the nodes of ``start`` and all that arrows lead to from there."""
    targets = _targets(arrows)
    met, waiting = set(start), list(start)
    while waiting:
        for node in targets.get(waiting.pop(), ()):
            if node not in met:
                met.add(node)
                waiting.append(node)
    return met


def shortest_way(start: Node, goal: Node, arrows: Iterable[tuple[Node, Node]]) -> list[Node]:
    """Return the nodes of a shortest way, at least one arrow long; none where there is no way."""
    targets = _targets(arrows)
    ways, met = [[start]], set[Node]()
    while ways:
        longer: list[list[Node]] = []
        for way in ways:
            for node in targets.get(way[-1], ()):
                if node == goal:
                    return [*way, node]
                if node not in met:
                    met.add(node)
                    longer.append([*way, node])
        ways = longer
    return []


def levels(nodes: Iterable[Node], arrows: Iterable[tuple[Node, Node]]) -> dict[Node, int]:
    """Return how many arrows the longest way to each node has; of a circle, as many as nodes."""
    level = dict.fromkeys(nodes, 0)
    arrows = list(arrows)
    for _ in level:  # a way that meets no node twice has fewer arrows than there are nodes
        for source, target in arrows:
            level[target] = min(max(level[target], level[source] + 1), len(level))
    return level


def _targets(arrows: Iterable[tuple[Node, Node]]) -> Mapping[Node, list[Node]]:
    targets: dict[Node, list[Node]] = defaultdict(list)
    for source, target in arrows:
        targets[source].append(target)
    return targets

"""Where the stages of a campaign are drawn: in layers from left to right, few arrows crossing.

A layered drawing after K. Sugiyama, S. Tagawa, M. Toda, IEEE Trans. SMC 11 (1981) 109: each stage
right of those before it, arrows over several layers led through places of their own, and the
places of a layer sorted by the mean of their neighbours'. Lengths are CSS pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean

from campaigns.graph import Edge
from campaigns.walking import levels, reached

WIDTH, HEIGHT = 172, 92
ACROSS, DOWN, MARGIN = 44, 26, 8
BEND = 44  # room for arrows that go back, above and below all boxes
SWEEPS = 8


@dataclass(frozen=True)
class Box:
    """A stage's place: its upper left corner."""

    stage: int
    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """An edge's way, as the ``d`` of an SVG path."""

    edge: Edge
    path: str


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


Place = tuple[float, float]


@dataclass
class _Grid:
    """Layers of places: stages, and (negative numbers) bends of arrows that pass a layer."""

    layers: list[list[int]]
    ways: dict[Edge, list[int]] = field(default_factory=dict)


def draw(stages: Sequence[int], edges: Iterable[Edge]) -> Drawing:
    """Place ``stages``; those that nothing joins keep their order, one below the other."""
    known = set(stages)
    wanted = [edge for edge in edges if edge.upstream in known and edge.downstream in known]
    ahead = _without_circles(wanted)
    grid = _grid(levels(stages, _arrows(ahead)), ahead)
    _sort(grid)
    sag = BEND if len(ahead) < len(wanted) else 0
    places = _places(grid, top=MARGIN + sag)
    boxes = tuple(Box(stage, *places[stage]) for stage in stages)
    bottom = max((box.y for box in boxes), default=0) + HEIGHT
    between = (MARGIN + sag, bottom)
    return Drawing(
        width=max((box.x for box in boxes), default=0) + WIDTH + MARGIN,
        height=bottom + sag + MARGIN,
        boxes=boxes,
        arrows=tuple(Arrow(edge, _path(edge, grid, places, between)) for edge in wanted),
    )


def _without_circles(edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges that can all point to the right; those that feed come before the others."""
    kept: list[Edge] = []
    for edge in sorted(edges, key=lambda edge: not edge.feeds):
        if edge.upstream not in reached({edge.downstream}, _arrows(kept)):
            kept.append(edge)
    return kept


def _arrows(edges: Iterable[Edge]) -> list[tuple[int, int]]:
    return [(edge.upstream, edge.downstream) for edge in edges]


def _grid(layer: Mapping[int, int], ahead: Iterable[Edge]) -> _Grid:
    grid = _Grid([[] for _ in range(max(layer.values(), default=-1) + 1)])
    for stage, at in layer.items():
        grid.layers[at].append(stage)
    bend = 0
    for edge in ahead:
        way = [edge.upstream]
        for at in range(layer[edge.upstream] + 1, layer[edge.downstream]):
            bend -= 1
            grid.layers[at].append(bend)
            way.append(bend)
        grid.ways[edge] = [*way, edge.downstream]
    return grid


def _sort(grid: _Grid) -> None:
    """Sort each layer by the neighbours in the layer before, then after, and so on."""
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for way in grid.ways.values():
        for left, right in pairwise(way):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    for _ in range(SWEEPS):
        for fixed, moving in pairwise(grid.layers):
            _sort_by(fixed, moving, before)
        for fixed, moving in pairwise(grid.layers[::-1]):
            _sort_by(fixed, moving, after)


def _sort_by(fixed: list[int], moving: list[int], neighbours: Mapping[int, list[int]]) -> None:
    """Sort ``moving`` by where the neighbours in ``fixed`` are; what has none keeps its place."""
    rank = {place: index for index, place in enumerate(fixed)}
    wanted = {
        place: mean([rank[neighbour] for neighbour in neighbours.get(place, [])] or [index])
        for index, place in enumerate(moving)
    }
    moving.sort(key=lambda place: wanted[place])


def _places(grid: _Grid, top: float) -> dict[int, Place]:
    """Return the upper left corner of each place, the layers centred on one line."""
    heights = [len(layer) * (HEIGHT + DOWN) - DOWN for layer in grid.layers]
    tallest = max(heights, default=0)
    places: dict[int, Place] = {}
    for at, (layer, height) in enumerate(zip(grid.layers, heights, strict=True)):
        for index, place in enumerate(layer):
            y = top + (tallest - height) / 2 + index * (HEIGHT + DOWN)
            places[place] = (MARGIN + at * (WIDTH + ACROSS), y)
    return places


def _path(edge: Edge, grid: _Grid, places: Mapping[int, Place], between: Place) -> str:
    way = grid.ways.get(edge)
    if way is None:
        return _back(places[edge.upstream], places[edge.downstream], between)
    x, y = places[way[0]][0] + WIDTH, places[way[0]][1] + HEIGHT / 2
    path = f"M{x:g} {y:g}"
    for place in way[1:]:
        to_x, to_y = places[place][0], places[place][1] + HEIGHT / 2
        half = (x + to_x) / 2
        path += f" C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
        x, y = to_x, to_y
        if place < 0:
            x += WIDTH
            path += f" H{x:g}"
    return path


def _back(source: Place, target: Place, between: Place) -> str:
    """Return the way of an arrow that goes back, or to its own stage.

    It leads around all boxes, which lie ``between`` two heights: above them to one of the upper
    half, below them otherwise; to its own stage just around that.
    """
    top, bottom = between if source != target else (source[1], source[1] + HEIGHT)
    above = target[1] + HEIGHT / 2 < (top + bottom) / 2
    side = 0 if above else HEIGHT
    from_x, from_y = source[0] + WIDTH * 0.7, source[1] + side
    to_x, to_y = target[0] + WIDTH * 0.3, target[1] + side
    turn = top - BEND if above else bottom + BEND
    return f"M{from_x:g} {from_y:g} C{from_x:g} {turn:g} {to_x:g} {turn:g} {to_x:g} {to_y:g}"

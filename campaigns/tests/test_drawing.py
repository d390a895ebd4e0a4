"""Where stages are drawn: apart from each other, and each to the right of what feeds it."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.drawing import HEIGHT, WIDTH, draw
from campaigns.graph import Edge


def feeds(*pairs):
    return [Edge(up, down, feeds=True) for up, down in pairs]


def places(drawing):
    return {box.stage: (box.x, box.y) for box in drawing.boxes}


def test_a_chain_is_drawn_from_left_to_right_on_one_line():
    at = places(draw([1, 2, 3], feeds((1, 2), (2, 3))))

    assert at[1][0] < at[2][0] < at[3][0]
    assert at[1][1] == at[2][1] == at[3][1]


def test_both_sides_of_a_diamond_stand_below_each_other():
    at = places(draw([1, 2, 3, 4], feeds((1, 2), (1, 3), (2, 4), (3, 4))))

    assert at[2][0] == at[3][0]
    assert at[2][1] != at[3][1]


def test_an_arrow_over_several_layers_leads_around_the_stages_between():
    drawing = draw([1, 2, 3], feeds((1, 2), (2, 3), (1, 3)))
    (long,) = [
        arrow for arrow in drawing.arrows if arrow.edge.downstream - arrow.edge.upstream == 2
    ]

    across = float(long.path.split("H")[0].split()[-1])
    top = places(drawing)[2][1]
    assert not top < across < top + HEIGHT


def test_sides_are_swapped_where_arrows_would_cross():
    at = places(draw([1, 2, 3, 4], feeds((1, 4), (2, 3))))

    assert (at[1][1] < at[2][1]) == (at[4][1] < at[3][1])


@pytest.mark.parametrize("edges", [[(1, 1)], [(1, 2), (2, 1)], [(1, 2), (2, 3), (3, 1)]])
def test_an_edge_that_leads_back_is_drawn_too(edges):
    back = [Edge(up, down, feeds=up < down) for up, down in edges]

    drawing = draw([1, 2, 3], back)

    assert len(drawing.arrows) == len(edges)
    assert places(drawing)[1][0] <= places(drawing)[2][0]


def test_a_campaign_without_stages_has_an_empty_drawing():
    assert draw([], []).boxes == ()


@st.composite
def graphs(draw_from):
    stages = list(range(1, draw_from(st.integers(1, 12)) + 1))
    ends = st.sampled_from(stages)
    pairs = draw_from(st.lists(st.tuples(ends, ends, st.booleans()), max_size=20, unique=True))
    return stages, [Edge(up, down, kind and up < down) for up, down, kind in pairs]


@pytest.mark.property
@given(graphs())
def test_stages_never_overlap_and_feeds_always_point_right(graph):
    stages, edges = graph

    drawing = draw(stages, edges)

    at = places(drawing)
    assert [box.stage for box in drawing.boxes] == stages
    assert len(drawing.arrows) == len(edges)
    for one, other in combinations(stages, 2):
        apart = abs(at[one][0] - at[other][0]) >= WIDTH or abs(at[one][1] - at[other][1]) >= HEIGHT
        assert apart, (one, other)
    for edge in edges:
        assert not edge.feeds or at[edge.upstream][0] + WIDTH < at[edge.downstream][0]
    for x, y in at.values():
        assert 0 <= x <= drawing.width - WIDTH
        assert 0 <= y <= drawing.height - HEIGHT
    assert draw(stages, edges) == drawing

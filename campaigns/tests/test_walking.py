"""Walking along arrows; every answer is compared with one that is found the slow, plain way."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from campaigns.walking import levels, reached, shortest_way

NODES = range(6)
ARROWS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12)
AHEAD = ARROWS.map(lambda arrows: [(a, b) for a, b in arrows if a < b])


def lengths_of_ways(start, goal, arrows):
    """How many arrows ways from ``start`` to ``goal`` have, up to the number of nodes."""
    there, found = {start}, []
    for length in range(1, len(NODES) + 1):
        there = {target for source, target in arrows if source in there}
        if goal in there:
            found.append(length)
    return found


@given(ARROWS)
def test_what_is_reached_is_the_start_and_what_has_a_way_from_it(arrows):
    assert reached({0}, arrows) == {0} | {
        node for node in NODES if lengths_of_ways(0, node, arrows)
    }


@given(ARROWS, st.sampled_from(NODES))
def test_the_way_follows_arrows_and_none_is_shorter(arrows, goal):
    way = shortest_way(0, goal, arrows)
    lengths = lengths_of_ways(0, goal, arrows)

    assert set(pairwise(way)) <= set(arrows)
    assert len(way) == (1 + min(lengths) if lengths else 0)
    assert not way or (way[0], way[-1]) == (0, goal)


@given(AHEAD)
def test_a_level_is_the_longest_way_there(arrows):
    assert levels(NODES, arrows) == {
        node: max(length for start in NODES for length in lengths_of_ways(start, node, arrows))
        if any(target == node for _, target in arrows)
        else 0
        for node in NODES
    }


def test_a_circle_is_as_deep_as_there_are_nodes():
    assert levels("abc", [("a", "b"), ("b", "a")]) == {"a": 3, "b": 3, "c": 0}


def test_from_several_starts_all_is_reached():
    assert reached(["a", "b"], [("a", "c"), ("b", "d"), ("e", "f")]) == {"a", "b", "c", "d"}

"""Which stage lies above which, as joins and next-slice edges ask it (WORKFLOW W7, W8)."""

import pytest

from campaigns.graph import Edge, Graph
from campaigns.models import CampaignDependency
from campaigns.tests import builders


def graph(feeds=(), next_slices=(), joins=()):
    edges = [Edge(up, down, feeds=True) for up, down in feeds]
    edges += [Edge(up, down, feeds=False) for up, down in next_slices]
    return Graph(tuple(edges), frozenset(joins))


DIAMOND = [(1, 2), (1, 3), (2, 4), (3, 4)]


def test_a_stage_is_fed_by_feeds_edges_only():
    drawn = graph(feeds=[(1, 2)], next_slices=[(2, 1)])

    assert drawn.fed(2)
    assert not drawn.fed(1)


def test_below_a_stage_is_itself_and_all_that_it_feeds():
    drawn = graph(feeds=DIAMOND, next_slices=[(4, 9)])

    assert drawn.below(1) == {1, 2, 3, 4}
    assert drawn.below(3) == {3, 4}
    assert drawn.below(4) == {4}


def test_a_join_waits_for_all_stages_above_it():
    assert graph(feeds=DIAMOND, joins=[4]).upstream(4) == {1, 2, 3}


def test_it_waits_for_what_sets_off_slices_above_it():
    drawn = graph(feeds=[(1, 4), (7, 8)], next_slices=[(8, 1)], joins=[4])

    assert drawn.upstream(4) == {1, 7, 8}


@pytest.mark.parametrize("source", [4, 5])
def test_it_does_not_wait_for_what_it_sets_off_itself(source):
    drawn = graph(feeds=[(1, 4), (4, 5)], next_slices=[(source, 1)], joins=[4])

    assert drawn.upstream(4) == {1}


def test_self_edges_are_no_way_up():
    assert graph(feeds=[(1, 2)], next_slices=[(1, 1)], joins=[2]).upstream(2) == {1}


def test_something_at_a_stage_touches_the_joins_below_it_and_itself():
    drawn = graph(feeds=[(1, 2), (2, 3), (3, 4), (8, 9)], joins=[2, 4, 9])

    assert drawn.joins_touched_by(1) == {2, 4}
    assert drawn.joins_touched_by(2) == {2, 4}
    assert drawn.joins_touched_by(3) == {4}
    assert drawn.joins_touched_by(4) == {4}


def test_next_slice_edges_are_told_from_both_ends():
    drawn = graph(feeds=[(1, 2)], next_slices=[(2, 1), (1, 1)])

    assert drawn.next_slices == ((2, 1), (1, 1))
    assert drawn.next_slice_sources(1) == {1, 2}
    assert drawn.next_slice_sources(2) == set()


@pytest.mark.django_db
def test_it_is_read_in_one_query_with_the_joins_that_somebody_feeds(django_assert_num_queries):
    campaign = builders.campaign("mc", builders.person("ann", "production"))
    sim, merge = builders.stage("sim", campaign), builders.stage("merge", campaign, join=True)
    builders.stage("never fed", campaign, join=True)
    builders.feeds(sim, merge)
    CampaignDependency.objects.create(upstream=sim, downstream=sim, kind="next_slice")

    with django_assert_num_queries(1):
        drawn = Graph.of(campaign)

    assert drawn.joins == {merge.pk}
    assert set(drawn.edges) == {Edge(sim.pk, merge.pk, True), Edge(sim.pk, sim.pk, False)}

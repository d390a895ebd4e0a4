"""The graph of a campaign's stages, held in memory: which stage lies above which (W7, W8)."""

from dataclasses import dataclass
from functools import cached_property

from campaigns.models import Campaign, CampaignDependency
from campaigns.models.campaigns import EdgeKind
from campaigns.walking import reached


@dataclass(frozen=True)
class Edge:
    upstream: int
    downstream: int
    feeds: bool


@dataclass(frozen=True)
class Graph:
    """Stages are ids; ``joins`` are those that run once for all their parents."""

    edges: tuple[Edge, ...]
    joins: frozenset[int]

    @classmethod
    def of(cls, campaign: Campaign | int) -> "Graph":
        edges = CampaignDependency.objects.filter(upstream__campaign=campaign).order_by("pk")
        found = edges.values_list("upstream", "downstream", "kind", "downstream__join")
        return cls(
            edges=tuple(Edge(up, down, kind == EdgeKind.FEEDS) for up, down, kind, _ in found),
            joins=frozenset(
                down for _, down, kind, join in found if join and kind == EdgeKind.FEEDS
            ),
        )

    @cached_property
    def _feeds(self) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.feeds)

    def fed(self, stage: int) -> bool:
        return any(edge.downstream == stage for edge in self._feeds)

    @cached_property
    def next_slices(self) -> tuple[tuple[int, int], ...]:
        """Return the next-slice edges, as (upstream, downstream)."""
        return tuple((edge.upstream, edge.downstream) for edge in self.edges if not edge.feeds)

    def next_slice_sources(self, stage: int) -> set[int]:
        """Return the stages whose finished chains set off ``stage``'s next slice."""
        return {upstream for upstream, downstream in self.next_slices if downstream == stage}

    def below(self, stage: int) -> set[int]:
        """Return ``stage`` and all that it feeds, directly or not."""
        return reached({stage}, ((edge.upstream, edge.downstream) for edge in self._feeds))

    def upstream(self, join: int) -> set[int]:
        """Return the stages that a join waits for.

        Those above it over any edge; edges out of the join or from below it are left out, or a
        join would wait for what it sets off itself.
        """
        below = self.below(join)
        arrows = (
            (edge.downstream, edge.upstream) for edge in self.edges if edge.upstream not in below
        )
        return reached({join}, arrows) - {join}

    def joins_touched_by(self, stage: int) -> set[int]:
        """Return the joins that may ripen when something happens at ``stage``."""
        return {join for join in self.joins if stage == join or stage in self.upstream(join)}

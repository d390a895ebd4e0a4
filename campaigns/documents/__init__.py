"""A whole campaign as plain values: what is read from a file, checked, written and stored.

Fields have the names and the values of the models' fields; other things are named by their names.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

FEEDS = "feeds"
NEXT_SLICE = "next_slice"


@dataclass(frozen=True)
class Edge:
    """``upstream`` sets off ``downstream``; ``position`` None: to be given when stored."""

    upstream: str
    downstream: str
    kind: str = FEEDS
    file_pattern: str = "%"
    position: int | None = None

    @property
    def feeds(self) -> bool:
        return self.kind == FEEDS

    def __str__(self) -> str:
        return f"{self.upstream} → {self.downstream}"


def in_order(edges: list[Edge], stages: list[str]) -> list[Edge]:
    """Sort edges by downstream stage; those that feed it first, by upstream stage and number."""
    place = {name: number for number, name in enumerate(stages)}
    last = len(place)
    return sorted(
        edges,
        key=lambda edge: (
            place.get(edge.downstream, last),
            not edge.feeds,
            place.get(edge.upstream, last),
            edge.position or 0,
        ),
    )


@dataclass
class Document:
    """A campaign with all that it is made of; ``stages`` are in the order of the campaign."""

    experiment: str = ""
    poms_role: str = ""
    campaign: Fields = field(default_factory=dict)
    defaults: Fields = field(default_factory=dict)
    stages: dict[str, Fields] = field(default_factory=dict)
    login_setups: dict[str, Fields] = field(default_factory=dict)
    job_types: dict[str, Fields] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.campaign.get("name", ""))

    def feeding(self, stage: str) -> list[Edge]:
        """Return the edges that feed ``stage``."""
        return [edge for edge in self.edges if edge.feeds and edge.downstream == stage]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a campaign, and where that is said in a campaign file."""

    message: str
    section: str = ""
    field: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        where = f"[{self.section}] " if self.section else ""
        what = f"{self.field}: " if self.field else ""
        return f"{place}{where}{what}{self.message}"


class CampaignFileError(ValueError):
    """A campaign file that can't be imported: all that is wrong with it, nothing written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("\n".join(map(str, self.problems)))

"""Queries as people read them, where the service has no language of its own for them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from datahandling import query as q
from datahandling.query import Query

MOST_NAMED = 10
STATE_WORDS = {
    "initial": "not submitted",
    "reserved": "reserved",
    "done": "done",
    "failed": "failed",
}


def tell(query: Query) -> str:
    """Say which files a query means.

    >>> tell(q.Dataset("raw")[:100] - q.Consumed("poms_17"))
    'files 1 to 100 of (dataset raw) but not done in project poms_17'
    """
    return WORDS[type(query)](query)


def _part(query: Query) -> str:
    """Say it as a part of something larger."""
    return f"({tell(query)})" if isinstance(query, COMBINED) else tell(query)


def _related(word: str) -> Callable[[Any], str]:
    def told(query: q.Children | q.Parents) -> str:
        steps = "" if query.depth == 1 else f", {query.depth} steps away"
        return f"{word} of ({tell(query.of)}){steps}"

    return told


def _span(query: q.Span) -> str:
    end = f"to {query.stop}" if query.stop is not None else "and the following"
    return f"files {query.start + 1} {end} of ({tell(query.of)})"


def _listed(names: Iterable[object]) -> str:
    said = [str(name) for name in names]
    more = len(said) - MOST_NAMED
    return ", ".join(said[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


COMBINED = (q.Union, q.Intersection, q.Difference)
WORDS: dict[type[Query], Callable[[Any], str]] = {
    q.Nothing: lambda query: "no file",
    q.Everything: lambda query: "all files",
    q.Dataset: lambda query: f"dataset {query.name}",
    q.Snapshot: lambda query: f"snapshot {query.id}",
    q.ProjectFiles: lambda query: f"given to project {query.project}",
    q.Handles: lambda query: (
        f"{' or '.join(STATE_WORDS[state] for state in query.states)} in project {query.project}"
    ),
    q.Consumed: lambda query: f"done in project {query.project}",
    q.Named: lambda query: f"named {_listed(query.names)}",
    q.MadeBy: lambda query: f"made by submission {_listed(query.submissions)}",
    q.Unsigned: lambda query: "without a known maker",
    q.Children: _related("children"),
    q.Parents: _related("parents"),
    q.Run: lambda query: f"run {query.number}",
    q.RunsBetween: lambda query: f"runs {query.low} to {query.high}",
    q.EndedBetween: lambda query: f"ended after {_time(query.after)}, until {_time(query.until)}",
    q.CreatedAfter: lambda query: f"declared after {_time(query.time)}",
    q.Version: lambda query: f"version {query.version}",
    q.NameLike: lambda query: f"name like {query.pattern}",
    q.Metadata: lambda query: f"{query.key} = {query.value}",
    q.Located: lambda query: "with a location",
    q.Declared: lambda query: "declared, with or without a location",
    q.Fragment: lambda query: query.text,
    q.Union: lambda query: " or ".join(map(_part, query.parts)),
    q.Intersection: lambda query: " and ".join(map(_part, query.parts)),
    q.Difference: lambda query: f"{_part(query.left)} but not {_part(query.right)}",
    q.Span: _span,
    q.Stride: lambda query: (
        f"one file in {query.n}, from number {query.offset + 1} on, of ({tell(query.of)})"
    ),
}

"""Which files: expressions that say it once, and that every data handler renders for its service.

A query stands for a set of one experiment's files in the order in which they were declared::

    Dataset("raw") - Consumed("poms_17")
    Dataset("raw")[100:200]
    ProjectFiles("poms_17") & Parents(Located() & matching("%.root"))

Queries are values: compared by what they say, and stored as JSON (``stored.py``). The patterns that
people write become queries in ``patterns.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from datahandling.runs import format_run, parse_run

HANDLE_STATES = ("initial", "reserved", "done", "failed")


class QueryError(Exception):
    """A query that says nothing sensible, or that this data handler can't answer."""


@dataclass(frozen=True)
class Query:
    """A set of files of one experiment; combine with ``|``, ``&``, ``-``, ``[a:b]``, ``stride``."""

    def __or__(self, other: Query) -> Query:
        return union((self, other))

    def __and__(self, other: Query) -> Query:
        return intersection((self, other))

    def __sub__(self, other: Query) -> Query:
        return Difference(self, other)

    def __getitem__(self, part: slice) -> Query:
        if part.step is not None:
            raise QueryError("a part has no step: use stride(n, offset) for every n-th file")
        return Span(self, part.start or 0, part.stop)

    def stride(self, n: int, offset: int = 0) -> Query:
        """Every ``n``-th file, the first being number ``offset`` (from 0)."""
        return Stride(self, n, offset)

    def operands(self) -> Iterator[Query]:
        """The queries that this one is made of, one level down."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Query):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Query))

    def walk(self) -> Iterator[Query]:
        """This query and all that it is made of."""
        yield self
        for operand in self.operands():
            yield from operand.walk()


# Lists that somebody made


@dataclass(frozen=True)
class Nothing(Query):
    """No file."""


@dataclass(frozen=True)
class Everything(Query):
    """All files of the experiment."""


@dataclass(frozen=True)
class Dataset(Query):
    """The files that the dataset of this name has when it is asked."""

    name: str


@dataclass(frozen=True)
class Snapshot(Query):
    """The files that a snapshot wrote down."""

    id: int


@dataclass(frozen=True)
class ProjectFiles(Query):
    """All files that the project was made over (SAM: ``snapshot_for_project_name``)."""

    project: str


@dataclass(frozen=True)
class Handles(Query):
    """The files whose handle in the project is in one of these states."""

    project: str
    states: tuple[str, ...]

    def __post_init__(self) -> None:
        strange = set(self.states) - set(HANDLE_STATES)
        if strange or not self.states:
            raise QueryError(f"handle states are {', '.join(HANDLE_STATES)}, not {self.states!r}")


@dataclass(frozen=True)
class Consumed(Query):
    """The files that jobs of the project reported done."""

    project: str


@dataclass(frozen=True)
class Named(Query):
    """The files of these names, as far as they exist."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class MadeBy(Query):
    """The files whose declaration says that one of these submissions made them."""

    submissions: tuple[int, ...]


@dataclass(frozen=True)
class Unsigned(Query):
    """The files whose declaration doesn't say who made them."""


# Lineage


@dataclass(frozen=True)
class _Relation(Query):
    of: Query
    depth: int = 1

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise QueryError(f"lineage is followed at least one step, not {self.depth}")


@dataclass(frozen=True)
class Children(_Relation):
    """The files that have a parent (``depth`` 2: a grandparent, …) in ``of``."""


@dataclass(frozen=True)
class Parents(_Relation):
    """The files that have a child (``depth`` 2: a grandchild, …) in ``of``."""


# Conditions: all the experiment's files that meet them


@dataclass(frozen=True)
class Run(Query):
    """The files of a run, or of a subrun: ``Run("4321")``, ``Run("4321.0007")``."""

    number: str

    def __post_init__(self) -> None:
        try:
            number = format_run(*parse_run(self.number))
        except ValueError as error:
            raise QueryError(str(error)) from error
        object.__setattr__(self, "number", number)


@dataclass(frozen=True)
class RunsBetween(Query):
    """The files of the runs from ``low`` to ``high``, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class EndedBetween(Query):
    """The files whose data ends after ``after``, and at ``until`` or before."""

    after: datetime
    until: datetime

    def __post_init__(self) -> None:
        _require_zone(self.after, self.until)


@dataclass(frozen=True)
class CreatedAfter(Query):
    """The files declared after this time."""

    time: datetime

    def __post_init__(self) -> None:
        _require_zone(self.time)


@dataclass(frozen=True)
class Version(Query):
    """The files made by this version of the experiment's software."""

    version: str


@dataclass(frozen=True)
class NameLike(Query):
    """The files whose name matches: ``%`` is any text, ``_`` any one character, no escapes."""

    pattern: str


@dataclass(frozen=True)
class Metadata(Query):
    """The files whose metadata say this of the key (of a list: among others)."""

    key: str
    value: str | int | float | bool


@dataclass(frozen=True)
class Located(Query):
    """The files that are somewhere: that have a location."""


@dataclass(frozen=True)
class Declared(Query):
    """All files, with a location or without: for services that else show only those with one."""


@dataclass(frozen=True)
class Fragment(Query):
    """What a person wrote as a condition in the language of the data service, as it is."""

    text: str


# Combinations; ``union`` and ``intersection`` make them, flat, without what changes nothing


@dataclass(frozen=True)
class Union(Query):
    parts: tuple[Query, ...]


@dataclass(frozen=True)
class Intersection(Query):
    parts: tuple[Query, ...]


@dataclass(frozen=True)
class Difference(Query):
    left: Query
    right: Query


@dataclass(frozen=True)
class Span(Query):
    """The files numbered ``start`` up to, not including, ``stop`` (from 0; None: to the end)."""

    of: Query
    start: int
    stop: int | None

    def __post_init__(self) -> None:
        if self.start < 0 or (self.stop is not None and self.stop < 0):
            raise QueryError("files are numbered from 0: a part can't start or stop below")


@dataclass(frozen=True)
class Stride(Query):
    of: Query
    n: int
    offset: int

    def __post_init__(self) -> None:
        if not 0 <= self.offset < self.n:
            raise QueryError(f"stride {self.n} has no offset {self.offset}: 0 to n - 1 are allowed")


def union(queries: Iterable[Query]) -> Query:
    """The files of any of the queries; of none, when there is no query."""
    return _combined(Union, queries, neutral=Nothing())


def intersection(queries: Iterable[Query]) -> Query:
    """The files of all the queries; everything, when there is no query."""
    return _combined(Intersection, queries, neutral=Everything())


def _combined(kind: type[Union | Intersection], queries: Iterable[Query], neutral: Query) -> Query:
    parts: list[Query] = []
    for query in queries:
        parts += query.parts if isinstance(query, kind) else [query]
    parts = [part for part in parts if part != neutral]
    if len(parts) > 1:
        return kind(tuple(parts))
    return parts[0] if parts else neutral


def _require_zone(*times: datetime) -> None:
    if any(time.tzinfo is None for time in times):
        raise QueryError("a time in a query needs its time zone")

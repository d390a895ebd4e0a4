"""What a query becomes once its names were looked up: lists, MetaCat's datasets, typed queries.

These stand beside the algebra of ``datahandling.query`` and never leave this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from datahandling.query import Query


@dataclass(frozen=True)
class Listed(Query):
    """These files, by their full names ``ns:name``.

    ``among``: a query that MetaCat can answer, and that had all of them once; a long list is asked
    about as a part of it.
    """

    files: frozenset[str]
    among: Query | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Stored(Query):
    """The files of a dataset that MetaCat has, by its full name."""

    dataset: str


@dataclass(frozen=True)
class Typed(Query):
    """A whole query in MQL that a person typed, for files."""

    text: str

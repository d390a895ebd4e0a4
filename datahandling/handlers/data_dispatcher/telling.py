"""Queries in MQL for people to read and paste, without asking anybody.

What MetaCat can't know, because Data Dispatcher does or POMS works it out, stands in ``<…>``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datahandling import query as q
from datahandling.dispatcher_models import ListSnapshot, NamedQuery
from datahandling.handlers.data_dispatcher import typed, words
from datahandling.handlers.data_dispatcher.keys import Keys
from datahandling.handlers.data_dispatcher.lists import Listed, Stored, Typed
from datahandling.handlers.data_dispatcher.rendering import render
from datahandling.query import Query, QueryError
from datahandling.stored import from_json


@dataclass(frozen=True)
class Teller:
    experiment: str
    namespace: str
    keys: Keys

    def tell(self, query: Query) -> str:
        """Return the query's MQL, or where it can't be said what is asked."""
        try:
            return render(self.told(query), self.keys)
        except QueryError as why:
            return f"<{why}>"

    def told(self, query: Query) -> Query:
        match query:
            case q.Union(parts) | q.Intersection(parts):
                return type(query)(tuple(self.told(part) for part in parts))
            case q.Difference(left, right):
                return q.Difference(self.told(left), self.told(right))
            case q.Children(of, depth) | q.Parents(of, depth):
                return type(query)(self.told(of), depth)
            case q.Span(of, start, stop):
                return q.Span(self.told(of), start, stop)
        said = SAID.get(type(query))
        return query if said is None else said(self, query)

    def dataset(self, query: q.Dataset) -> Query:
        row = NamedQuery.objects.filter(experiment=self.experiment, name=query.name).first()
        if row is not None:
            return Stored(row.dataset) if row.dataset else self.told(from_json(row.definition))
        if typed.is_typed(query.name):
            return typed.read(query.name)
        return Stored(words.full_name(query.name, self.namespace))

    def snapshot(self, query: q.Snapshot) -> Query:
        row = ListSnapshot.objects.filter(experiment=self.experiment, pk=query.id).first()
        return Stored(row.dataset) if row else Typed(f"<snapshot {query.id}>")

    def named(self, query: q.Named) -> Query:
        return Listed(frozenset(words.full_name(name, self.namespace) for name in query.names))

    def stride(self, query: q.Stride) -> Query:
        of = self.tell(query.of)
        return Typed(f"<every file number {query.offset}, {query.offset + query.n}, … of: {of}>")


def is_placeholder(query: Query) -> bool:
    return isinstance(query, Typed) and query.text.startswith("<")


SAID: dict[type[Query], Callable[[Teller, Any], Query]] = {
    q.Dataset: Teller.dataset,
    q.Snapshot: Teller.snapshot,
    q.Named: Teller.named,
    q.Stride: Teller.stride,
    q.ProjectFiles: lambda _, query: Typed(f"<files of project {query.project}>"),
    q.Consumed: lambda _, query: Typed(f"<files done of project {query.project}>"),
    q.Handles: lambda _, query: Typed(
        f"<files {' or '.join(query.states)} of project {query.project}>"
    ),
    q.MadeBy: lambda _, query: Typed("<files by who made them>"),
    q.Unsigned: lambda _, query: Typed("<files that nobody signed>"),
}

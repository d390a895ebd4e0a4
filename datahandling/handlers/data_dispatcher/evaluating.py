"""Answer queries that have been resolved: by one question to MetaCat, or by several small ones.

MetaCat reads about a thousand names a second, so a query that names many files (a project's) isn't
asked as one: its lists are taken in pieces, and what comes back is put together here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial, reduce
from math import ceil
from typing import Any

from datahandling import query as q
from datahandling.caching import shared
from datahandling.handlers.data_dispatcher.keys import Keys
from datahandling.handlers.data_dispatcher.lists import Listed
from datahandling.handlers.data_dispatcher.metacat import AT_A_TIME, MetaCat, batches
from datahandling.handlers.data_dispatcher.rendering import in_order, narrowed, render
from datahandling.handlers.data_dispatcher.simplifying import simplified
from datahandling.patience import require_pieces
from datahandling.query import Query

MANY = 1000  # names in one question
FEWEST = 20  # files in a piece, however often each is named


def names_in(query: Query) -> int:
    """Return how many names of files a question for the query has in it."""
    return sum(len(part.files) for part in narrowed(query).walk() if isinstance(part, Listed))


def is_long(query: Query) -> bool:
    return names_in(query) > MANY


@dataclass(frozen=True)
class Evaluator:
    """Belongs to one question; what it was told once it isn't told differently.

    Lists that it had to fetch are shared by the questions of a look.
    """

    metacat: MetaCat
    keys: Keys
    _known: dict[Query, frozenset[str]] = field(default_factory=dict, compare=False)

    def count(self, query: Query) -> int:
        query = self.short(query)
        match query:
            case q.Nothing():
                return 0
            case Listed(files):
                return len(files)
        if is_long(query):
            return len(self.names(query))
        return self.metacat.count(render(query, self.keys))

    def in_order(self, query: Query, limit: int | None = None) -> list[str]:
        """Return the full names of the (first ``limit``) files, in the declared order.

        What MetaCat doesn't know (any more), but a project has, comes last, by name.
        """
        query = simplified(query)
        if isinstance(query, q.Nothing) or limit == 0:
            return []
        if isinstance(query, Listed) or is_long(query):
            wanted = self.names(query)
            return self._ordered(wanted)[:limit]
        text = render(query, self.keys)
        if limit is not None:
            text = in_order(query, self.keys, limit=limit)
        return [file.name for file in self.metacat.find(text)][:limit]

    def names(self, query: Query) -> frozenset[str]:
        """Return the full names of the files."""
        query = self.short(query)
        match query:
            case q.Nothing():
                return frozenset()
            case Listed(files):
                return files
        return shared(("names", self.metacat, query), partial(self._find_names, query))

    def _find_names(self, query: Query) -> frozenset[str]:
        if is_long(query):
            found: frozenset[str] = IN_PIECES[type(query)](self, query)
            return found
        return frozenset(file.name for file in self.metacat.find(render(query, self.keys)))

    def _ordered(self, names: frozenset[str]) -> list[str]:
        """Return them in the declared order; last those that MetaCat doesn't know (any more)."""
        known = shared(("order", self.metacat, names), partial(self._find_order, names))
        return [*known, *sorted(names.difference(known))]

    def _find_order(self, names: frozenset[str]) -> list[str]:
        require_pieces(ceil(len(names) / AT_A_TIME))
        return [file.name for file in self.metacat.files("did", names)]

    def short(self, query: Query) -> Query:
        """Return the query with the long lists that are all of a query of MetaCat's put as that."""
        query = simplified(query)
        if isinstance(query, Listed) or not is_long(query):
            return query
        return self._put_short(query)

    def _put_short(self, query: Query) -> Query:
        match query:
            case Listed(files, among) if among is not None and is_long(query):
                return among if self._names_among(among) == files else query
            case q.Union(parts) | q.Intersection(parts):
                return type(query)(tuple(self._put_short(part) for part in parts))
            case q.Difference(left, right):
                return q.Difference(self._put_short(left), self._put_short(right))
            case q.Children(of, depth) | q.Parents(of, depth):
                return type(query)(self._put_short(of), depth)
        return query

    def _names_among(self, among: Query) -> frozenset[str]:
        if among not in self._known:
            self._known[among] = self.names(among)
        return self._known[among]

    def part_of(self, listed: Listed, query_of: Callable[[Query], Query]) -> frozenset[str]:
        """Return those of the list that a query has, which takes some away and adds none.

        What the list is among is asked at once; what isn't in there (any more), in pieces.
        """
        if listed.among is None or not is_long(listed):
            return self.in_pieces(listed.files, query_of)
        known = listed.files & self._names_among(listed.among)
        found = self.names(query_of(listed.among)) & known if known else frozenset()
        return found | self.in_pieces(listed.files - known, query_of)

    def in_pieces(self, files: Iterable[str], query_of: Callable[[Query], Query]) -> frozenset[str]:
        """Unite what the query has for each piece of a list."""
        found: set[str] = set()
        pieces = list(batches(sorted(files), _size_of_pieces(query_of)))
        require_pieces(len(pieces))
        for piece in pieces:
            query = query_of(Listed(frozenset(piece)))
            found.update(file.name for file in self.metacat.find(render(query, self.keys)))
        return frozenset(found)


def _size_of_pieces(query_of: Callable[[Query], Query]) -> int:
    """Return how many files a question may be about: it may name each several times."""
    one, two = (
        names_in(query_of(Listed(frozenset(str(number) for number in range(count)))))
        for count in (1, 2)
    )
    return max((MANY - one) // (two - one), FEWEST)


def _union(evaluator: Evaluator, query: q.Union) -> frozenset[str]:
    return frozenset().union(*(evaluator.names(part) for part in query.parts))


def _intersection(evaluator: Evaluator, query: q.Intersection) -> frozenset[str]:
    """Those parts that are lists, or become some, and of their files those that meet the rest."""
    long = [part for part in query.parts if is_long(part)]
    if not long:  # many short lists: the longest will do
        long = [max(query.parts, key=names_in)]
    rest = [part for part in query.parts if part not in long]
    files = reduce(frozenset.intersection, [evaluator.names(part) for part in long])
    if not rest:
        return files
    among = next((part.among for part in long if isinstance(part, Listed)), None)
    return evaluator.part_of(Listed(files, among), lambda some: q.intersection([some, *rest]))


def _difference(evaluator: Evaluator, query: q.Difference) -> frozenset[str]:
    left, right = query.left, query.right
    among = left.among if isinstance(left, Listed) else None
    if isinstance(right, q.Union):
        for part in right.parts:
            left = Listed(evaluator.names(left - part), among)
        return left.files if isinstance(left, Listed) else evaluator.names(left)
    files = Listed(evaluator.names(left), among)
    if is_long(right):
        return files.files - evaluator.names(right)
    return evaluator.part_of(files, lambda some: some - right)


def _related(evaluator: Evaluator, query: q.Children | q.Parents) -> frozenset[str]:
    kind, depth = type(query), query.depth
    return evaluator.in_pieces(evaluator.names(query.of), lambda piece: kind(piece, depth))


IN_PIECES: dict[type[Query], Callable[[Evaluator, Any], frozenset[str]]] = {
    q.Union: _union,
    q.Intersection: _intersection,
    q.Difference: _difference,
    q.Children: _related,
    q.Parents: _related,
}

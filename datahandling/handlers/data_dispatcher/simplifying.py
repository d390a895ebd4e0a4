"""Queries worked out as far as that goes without asking: lists with lists, nothing, everything."""

from datahandling import query as q
from datahandling.handlers.data_dispatcher.lists import Listed
from datahandling.query import Query


def simplified(query: Query) -> Query:
    """Return a query with the same files, as short as it can be said.

    ``Nothing`` is left only where it is all; lists of names are united and taken away from each
    other.
    """
    match query:
        case q.Located() | q.Declared():
            return q.Everything()  # MetaCat keeps no locations: what is declared counts as located
        case Listed(files) if not files:
            return q.Nothing()
        case q.Children(of, depth) | q.Parents(of, depth):
            of = simplified(of)
            return of if isinstance(of, q.Nothing) else type(query)(of, depth)
        case q.Union(parts):
            return _union([simplified(part) for part in parts])
        case q.Intersection(parts):
            return _intersection([simplified(part) for part in parts])
        case q.Difference(left, right):
            return _difference(simplified(left), simplified(right))
        case q.Span(of, start, stop):
            return _span(simplified(of), start, stop)
    return query


def _union(parts: list[Query]) -> Query:
    if q.Everything() in parts:
        return q.Everything()
    lists = [part for part in parts if isinstance(part, Listed)]
    others = [part for part in parts if not isinstance(part, Listed)]
    return q.union([*_together(lists), *others])


def _together(lists: list[Listed]) -> list[Listed]:
    """Unite lists; what one of them is among, the others may be no part of."""
    if len(lists) < 2:
        return lists
    largest = max(lists, key=lambda one: len(one.files))
    whole = frozenset().union(*(one.files for one in lists))
    return [Listed(whole, largest.among)]


def _intersection(parts: list[Query]) -> Query:
    if q.Nothing() in parts:
        return q.Nothing()
    flat = q.intersection(parts)
    parts = list(flat.parts) if isinstance(flat, q.Intersection) else [flat]
    lists = [part for part in parts if isinstance(part, Listed)]
    if not lists:
        return flat
    others = [part for part in parts if not isinstance(part, Listed)]
    common = lists[0].files.intersection(*(one.files for one in lists[1:]))
    among = next((one.among for one in lists if one.among is not None), None)
    return q.intersection([Listed(common, among), *others]) if common else q.Nothing()


def _difference(left: Query, right: Query) -> Query:
    if isinstance(left, q.Nothing) or isinstance(right, q.Everything):
        return q.Nothing()
    if isinstance(right, q.Nothing):
        return left
    if isinstance(left, q.Difference):  # (a - b) - c
        return _difference(left.left, _union([left.right, right]))
    if not isinstance(left, Listed):
        return q.Difference(left, right)
    parts = right.parts if isinstance(right, q.Union) else (right,)
    files = left.files.difference(*(part.files for part in parts if isinstance(part, Listed)))
    others = [part for part in parts if not isinstance(part, Listed)]
    if not files:
        return q.Nothing()
    rest = Listed(files, left.among)
    return q.Difference(rest, q.union(others)) if others else rest


def _span(of: Query, start: int, stop: int | None) -> Query:
    """MetaCat stumbles over a part of a part, so say it as one."""
    if isinstance(of, q.Nothing) or (stop is not None and stop <= start):
        return q.Nothing()
    if isinstance(of, q.Span):
        ends = [end for end in (of.stop, None if stop is None else of.start + stop) if end]
        return _span(of.of, of.start + start, min(ends) if ends else None)
    return of if (start, stop) == (0, None) else q.Span(of, start, stop)

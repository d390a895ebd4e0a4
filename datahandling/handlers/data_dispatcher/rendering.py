"""Render queries as MQL, MetaCat's query language: one text, however nested the query.

MetaCat moves conditions about inside of a query, and loses some on the way (those put on a list of
names, or on a part). So a ``where`` stands only right behind what it is about; all else is done by
``join``, ``union`` and ``-``. Whatever isn't one word stands in parentheses.

Lineage is asked as narrowly as the query allows: ``parents(files where …)`` would go through every
file that MetaCat has, where only the children of a few are wanted.
"""

from collections.abc import Callable
from typing import Any

from datahandling import query as q
from datahandling.handlers.data_dispatcher import conditions, words
from datahandling.handlers.data_dispatcher.keys import SUBRUNS_OF_A_RUN, Keys
from datahandling.handlers.data_dispatcher.lists import Listed, Stored, Typed
from datahandling.handlers.data_dispatcher.simplifying import simplified
from datahandling.query import Query
from datahandling.runs import parse_run

NO_FILE = "fids _"  # no file's id: taken away from a query, it leaves each file once


def render(query: Query, keys: Keys) -> str:
    """Return the MQL whose files are the query's, each once.

    ``query`` is made of what MetaCat knows: names have been looked up (``resolving``).
    Raises QueryError for what MQL can't say.
    """
    query = narrowed(simplified(query))
    if isinstance(query, q.Nothing):
        return NO_FILE
    said = _render(query, keys)
    return f"({said}) - ({NO_FILE})" if _repeats(query) else said


def in_order(query: Query, keys: Keys, *, limit: int) -> str:
    """Return the MQL of the query's first files in the declared order: by creation, then id."""
    return f"({render(query, keys)}) ordered limit {limit}"


def is_condition(query: Query) -> bool:
    return type(query) in CONDITIONS


def condition(query: Query, keys: Keys) -> str:
    """Return what stands behind ``where``."""
    said: str = CONDITIONS[type(query)](query, keys)
    return said


def _of_run(query: q.Run, keys: Keys) -> str:
    run, subrun = parse_run(query.number)
    if subrun is None:
        return f"{words.key(keys.runs)}[any] = {run}"
    return f"{words.key(keys.subruns)}[any] = {run * SUBRUNS_OF_A_RUN + subrun}"


def _ended_between(query: q.EndedBetween, keys: Keys) -> str:
    if keys.ended == "created_timestamp":
        after, until = (words.text(t.isoformat()) for t in (query.after, query.until))
        return f"created_timestamp > {after} and created_timestamp <= {until}"
    ended = words.key(keys.ended)
    return f"{ended} > {query.after.timestamp()!r} and {ended} <= {query.until.timestamp()!r}"


CONDITIONS: dict[type[Query], Callable[[Any, Keys], str]] = {
    q.Run: _of_run,
    q.RunsBetween: lambda query, keys: f"{words.key(keys.runs)}[any] in {query.low}:{query.high}",
    q.EndedBetween: _ended_between,
    q.CreatedAfter: lambda query, _: f"created_timestamp > {words.text(query.time.isoformat())}",
    q.Version: lambda query, keys: f"{words.key(keys.version)}[any] = {words.text(query.version)}",
    q.NameLike: lambda query, _: f"name like {words.text(query.pattern)}",
    q.Metadata: lambda query, _: f"{words.key(query.key)}[any] = {words.constant(query.value)}",
    q.Fragment: lambda query, _: conditions.normal(query.text),
}


def _render(query: Query, keys: Keys) -> str:
    if is_condition(query):
        return f"files where {condition(query, keys)}"
    return FORMS[type(query)](query, keys)


def _listed(query: Listed, keys: Keys) -> str:
    return _where(query, "", keys)


def _where(query: Query, test: str, keys: Keys) -> str:
    """Return the query's files that pass ``test`` (empty: all), put where MetaCat keeps to it."""
    match query:
        case Listed(files):
            return _named(sorted(files), test)
        case q.Union(parts):
            return _united(parts, test, keys)
        case q.Difference(left, right):
            return f"({_where(left, test, keys)}) - ({_render(right, keys)})"
        case Stored() | q.Everything() | q.Children() | q.Parents():
            return f"{_render(query, keys)} where {test}"
    return f"join(({_render(query, keys)}), (files where {test}))"


def _united(parts: tuple[Query, ...], test: str, keys: Keys) -> str:
    """Unite queries; MetaCat's own datasets in one go, however many they are."""
    stored = sorted({part.dataset for part in parts if isinstance(part, Stored)})
    said = [f"files from {', '.join(stored)}{f' where {test}' if test else ''}"] if stored else []
    others = [part for part in parts if not isinstance(part, Stored)]
    said += [_where(part, test, keys) if test else _render(part, keys) for part in others]
    return said[0] if len(said) == 1 else f"union({', '.join(f'({each})' for each in said)})"


def _named(names: list[str], test: str) -> str:
    """List names; those that MQL can't write as they are, by what is true of the files."""
    plain: list[tuple[str, str]] = []
    odd: list[tuple[str, str]] = []
    for name in names:
        namespace, _, bare = name.partition(":")
        is_plain = words.NAME.fullmatch(namespace) and words.NAME.fullmatch(bare)
        (plain if is_plain else odd).append((namespace, bare))
    parts = []
    if plain:
        listed = ", ".join(f"{namespace}:{bare}" for namespace, bare in plain)
        parts.append(f"files {listed} where {test}" if test else f"files {listed}")
    for namespace in sorted({namespace for namespace, _ in odd}):
        said = ", ".join(words.text(bare) for there, bare in odd if there == namespace)
        each = f"namespace = {words.text(namespace)} and name in ({said})"
        parts.append(f"files where {each} and ({test})" if test else f"files where {each}")
    return parts[0] if len(parts) == 1 else f"union({', '.join(f'({part})' for part in parts)})"


def _intersection(query: q.Intersection, keys: Keys) -> str:
    tests = [condition(part, keys) for part in query.parts if is_condition(part)]
    sets = [part for part in query.parts if not is_condition(part)]
    test = tests[0] if len(tests) == 1 else " and ".join(f"({each})" for each in tests)
    if not sets:
        return f"files where {test}"
    first, *others = sets
    said = _where(first, test, keys) if tests else _render(first, keys)
    if not others:
        return said
    return f"join({', '.join([f'({said})', *(f'({_render(each, keys)})' for each in others)])})"


def _related(word: str) -> Callable[[Any, Keys], str]:
    def render_related(query: q.Children | q.Parents, keys: Keys) -> str:
        of = _render(query.of, keys)
        return f"{word}(" * query.depth + of + ")" * query.depth

    return render_related


def _span(query: q.Span, keys: Keys) -> str:
    """Skip before limiting: MQL takes them in the order in which they are written."""
    limit = "" if query.stop is None else f" limit {query.stop - query.start}"
    skip = f" skip {query.start}" if query.start else ""
    of = _render(query.of, keys)
    once = f"({of}) - ({NO_FILE})" if _repeats(query.of) else of
    return f"({once}) ordered{skip}{limit}"


def _repeats(query: Query) -> bool:
    """Whether MetaCat tells a file more than once: a child of two, as often as it has parents."""
    match query:
        case q.Children() | q.Parents():
            return True
        case q.Intersection(parts):
            sets = [part for part in parts if not is_condition(part)]
            return len(sets) == 1 and _repeats(sets[0])
    return False


FORMS: dict[type[Query], Callable[[Any, Keys], str]] = {
    q.Nothing: lambda query, keys: NO_FILE,
    q.Everything: lambda query, keys: "files",
    Listed: _listed,
    Stored: lambda query, keys: f"files from {query.dataset}",
    Typed: lambda query, keys: query.text,
    q.Children: _related("children"),
    q.Parents: _related("parents"),
    q.Union: lambda query, keys: _united(query.parts, "", keys),
    q.Intersection: _intersection,
    q.Difference: lambda query, keys: (
        f"({_render(query.left, keys)}) - ({_render(query.right, keys)})"
    ),
    q.Span: _span,
}


def narrowed(query: Query) -> Query:
    """Ask for parents of the children of what is at hand, instead of those of all files."""
    match query:
        case q.Intersection(parts):
            near = _nearest(parts)
            if near is not None:
                return q.Intersection(tuple(_near(part, near) for part in parts))
        case q.Difference(left, right):
            near = _nearest((left,))
            left = narrowed(left)
            return q.Difference(left, narrowed(right) if near is None else _near(right, near))
    return query


def _nearest(parts: tuple[Query, ...]) -> Query | None:
    """Return a part that holds all files and is quick to find, if there is one."""
    for part in parts:
        match part:
            case Listed() | Stored() | q.Span():
                return part
            case q.Intersection(inner):
                return _nearest(inner)
            case q.Difference(left, _):
                return _nearest((left,))
    return None


def _near(query: Query, near: Query) -> Query:
    """Return a query that has the same files among those of ``near``, narrower if it can be."""
    match query:
        case q.Union(parts):
            return q.Union(tuple(_near(part, near) for part in parts))
        case q.Intersection(parts):
            return q.Intersection(tuple(_near(part, near) for part in parts))
        case q.Difference(left, right):
            return q.Difference(_near(left, near), _near(right, near))
        case q.Parents(of, depth) if _is_of_conditions(of):
            return q.Parents(q.intersection((q.Children(near, depth), of)), depth)
    return query


def _is_of_conditions(query: Query) -> bool:
    parts = query.parts if isinstance(query, q.Intersection) else (query,)
    return all(is_condition(part) for part in parts)

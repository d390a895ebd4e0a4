"""Queries for files that people type where a dataset is asked for: ``files from ns:raw where …``.

One of the plain kind is read whole, so that more conditions can be put on it. Any other is taken as
it is, in parentheses, if what it opens it closes: then it can't reach into the query around it.
"""

import re
from collections.abc import Iterator

from datahandling import query as q
from datahandling.handlers.data_dispatcher import conditions, words
from datahandling.handlers.data_dispatcher.lists import Stored, Typed
from datahandling.query import Query, QueryError

NAME = r"[A-Za-z0-9_./-]+:[A-Za-z0-9_./-]+"
NAMES = rf"{NAME}(?:\s*,\s*{NAME})*"
BEGINNING = re.compile(
    r"(files?|fids?)\s+\S|files$|(union|join|parents|children)\s*\(|filter\s|[(\[{]"
)
PLAIN = re.compile(
    rf"files\s+from\s+(?:datasets\s+)?(?P<names>{NAMES})(?:\s+where\s+(?P<condition>.+))?"
)
FROM = re.compile(rf"\bfrom\s+(?:datasets\s+)?({NAMES})")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
CLOSES = {"(": ")", "[": "]", "{": "}"}


def is_typed(text: str) -> bool:
    """Tell whether it is a query rather than the name of a dataset."""
    return BEGINNING.match(text.strip()) is not None


def read(text: str) -> Query:
    """Return the query that was typed; QueryError if it is none."""
    words.refuse_backslash(text)
    text = " ".join(text.split())
    plain = PLAIN.fullmatch(text)
    if plain is not None and (found := _read_plain(plain)) is not None:
        return found
    _require_closed(text)
    return Typed(text)


def datasets_of(typed: Typed) -> Iterator[str]:
    """The datasets that it names: one that isn't there MetaCat takes for an empty one."""
    for names in FROM.findall(QUOTED.sub("''", typed.text)):
        yield from (name.strip() for name in names.split(","))


def _read_plain(plain: re.Match[str]) -> Query | None:
    files = q.union(Stored(name.strip()) for name in plain["names"].split(","))
    if plain["condition"] is None:
        return files
    try:
        conditions.normal(plain["condition"])
    except QueryError:
        return None  # more than a condition: an order, a limit, another query
    return files & q.Fragment(plain["condition"])


def _require_closed(text: str) -> None:
    bare = QUOTED.sub("''", text)
    if "#" in text or "'" in bare.replace("''", "") or '"' in bare:
        raise QueryError(f"{text!r} is no query: a quote isn't closed, or it has a #")
    awaited: list[str] = []
    for sign in bare:
        if sign in CLOSES:
            awaited.append(CLOSES[sign])
        elif sign in CLOSES.values() and (not awaited or awaited.pop() != sign):
            raise QueryError(f"{text!r} is no query: {sign!r} closes nothing")
    if awaited:
        raise QueryError(f"{text!r} is no query: {awaited[-1]!r} is missing")

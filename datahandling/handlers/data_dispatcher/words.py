"""The words of MQL: what may stand in a query as a name, a key or a text, and how it is written.

MetaCat takes texts apart by hand: a quote ends one wherever it stands, ``#`` begins a remark even
inside of one, and ``$`` and ``\\`` mean something to what it makes of them. None of these can be
written in any other way, so texts that have them are refused.
"""

import re
from math import isfinite

from datahandling.query import QueryError

NAME = re.compile(r"[A-Za-z0-9_./-]+")  # of a file, dataset or namespace, without quotes
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
NEVER = frozenset("'\"#$\\")

Value = str | int | float | bool


def text(said: str) -> str:
    """Return a text in quotes; QueryError if MQL can't say it."""
    strange = sorted(sign for sign in set(said) if sign in NEVER or not sign.isprintable())
    if strange or not said:
        what = f"the sign {strange[0]!r}" if strange else "an empty text"
        raise QueryError(f"MetaCat's query language has no way to write {what}: {said!r}")
    return f"'{said}'"


def refuse_backslash(typed: str) -> None:
    """Raise QueryError: behind a backslash MetaCat reads on where a quote seems to end a text."""
    if "\\" in typed:
        raise QueryError(
            f"{typed!r} has a backslash, which may not be typed: MetaCat takes the quote behind it"
            " for a part of the text. In a regular expression write [.] for a dot, [0-9] for digits"
        )


def constant(value: Value) -> str:
    """Return a text, number or truth as MQL writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return text(value)
    if not isfinite(value):
        raise QueryError(f"{value} is no number that MetaCat knows")
    return repr(value)


def key(name: str) -> str:
    """Return a metadata key; QueryError if MetaCat has none of this form."""
    if KEY.fullmatch(name) is None:
        raise QueryError(
            f"{name!r} is no metadata key of MetaCat: a key is a category and a name, such as"
            " core.data_tier"
        )
    return name


def split_name(name: str, namespace: str) -> tuple[str, str]:
    """Return the namespace and the bare name of a file or dataset: ``ns:name``, or ``name``."""
    before, colon, after = name.partition(":")
    there, bare = (before, after) if colon else (namespace, name)
    if not there:
        raise QueryError(
            f"{name!r} names no namespace: write namespace:name, or give the data service a"
            " namespace of its own"
        )
    return there, bare


def full_name(name: str, namespace: str) -> str:
    """Return ``ns:name`` for a name that may lack its namespace."""
    return ":".join(split_name(name, namespace))

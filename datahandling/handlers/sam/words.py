"""Values as they stand in a text of dimensions: nothing in them can become part of the language."""

import re
from datetime import UTC, datetime

from datahandling.query import QueryError

RESERVED = frozenset({"and", "or", "not", "in", "like", "with", "minus", "union", "intersect"})
BARE = re.compile(r"[A-Za-z0-9_.%+]+")  # SAM takes "-", too, but a-b would be a range
DIMENSION = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")


def word(text: str) -> str:
    """Return ``text`` as one value, in quotes where it needs them; ``%`` makes it a pattern.

    Raises:
        QueryError: SAM knows no way to write it.
    """
    if BARE.fullmatch(text) and text.lower() not in RESERVED:
        return text
    if not (text.isascii() and text.isprintable()) and text:
        raise QueryError(f"SAM takes printable ASCII characters only, not {text!r}")
    for quote in "'\"":
        if quote not in text:
            return f"{quote}{text}{quote}"
    raise QueryError(f"SAM can't be asked for {text!r}: it has both kinds of quotes")


def exactly(text: str) -> str:
    """As ``word``, for a text that is meant as it stands."""
    if "%" in text:
        raise QueryError(f"SAM can't be asked for {text!r}: it takes a % as a pattern")
    return word(text)


def number(value: int | float) -> str:
    if isinstance(value, bool) or value != value or abs(value) == float("inf"):
        raise QueryError(f"SAM knows numbers and text, not {value!r}")
    return word(str(value))


def dimension(name: str) -> str:
    if not DIMENSION.fullmatch(name) or name.lower() in RESERVED:
        raise QueryError(f"{name!r} can't be the name of a dimension of SAM")
    return name


def moment(time: datetime) -> str:
    """Return a time as SAM reads it, to the second: ``'2025-03-01T12:00:00+0000'``."""
    return f"'{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S%z}'"

"""Patterns, as edges and job types name the files that they want: ``%.root``, ``raw%,log%``."""

import re

from datahandling.query import Everything, Fragment, NameLike, Query


def patterns(text: str) -> tuple[str, ...]:
    """Split a comma list of patterns, without duplicates; none at all means every file."""
    words = (word.strip() for word in text.split(","))
    wanted = ("%" if word == "None" else word for word in words if word)
    return tuple(dict.fromkeys(wanted)) or ("%",)


def matching(pattern: str) -> Query:
    """What a pattern means: with a blank a condition, else a file name with ``%`` and ``_``."""
    pattern = pattern.strip()
    if pattern in {"", "%", "None"}:
        return Everything()
    return Fragment(pattern) if re.search(r"\s", pattern) else NameLike(pattern)

"""Reading the text of a split type: ``nfiles(10)``, ``mod_3``, ``byrun(low=1, high=9)``.

Blanks mean nothing. Arguments are in order or by name; unknown and malformed ones are refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields

from campaigns.splits.base import Split, SplitError

FORM = re.compile(
    r"(?P<name>[a-z]+)(?:\((?P<listed>[^()]*)\)|_(?P<single>[^(),]+))?", re.IGNORECASE
)
NO_SPLIT = {"", "none", "null"}


def parse(text: str | None, types: Mapping[str, type[Split]]) -> Split | None:
    """Return the split that ``text`` names, or None for an empty text and ``None``.

    Raises:
        SplitError: no such type, or not its arguments.
    """
    written = "".join((text or "").split())
    if written.lower() in NO_SPLIT:
        return None
    form = FORM.fullmatch(written)
    if form is None:
        raise SplitError(
            f"{text!r} is no split type: write a name and its arguments, such as nfiles(10)"
        )
    split = types.get(form["name"].lower())
    if split is None:
        raise SplitError(
            f"there is no split type {form['name']!r}; there are {', '.join(sorted(types))}"
        )
    words = (form["listed"] or form["single"] or "").split(",")
    return split(**_arguments(split, [] if words == [""] else words))


def usage(split: type[Split]) -> str:
    """Return how the type is written: ``nfiles(n)``, ``byrun(low=1, high=999999)``."""
    arguments = ", ".join(f.name if f.default is MISSING else f"{f.name}=…" for f in fields(split))
    return f"{split.name}({arguments})" if arguments else split.name


def _arguments(split: type[Split], words: Iterable[str]) -> dict[str, object]:
    known = {f.name: f for f in fields(split)}
    in_order = list(known.values())
    given: dict[str, object] = {}
    for place, word in enumerate(words):
        key, equals, value = word.rpartition("=")
        if equals and key not in known:
            raise SplitError(f"{split.name} has no argument {key!r}: write {usage(split)}")
        if not equals and place >= len(in_order):
            raise SplitError(f"{word!r} is too much for {split.name}: write {usage(split)}")
        wanted = known[key] if equals else in_order[place]
        if wanted.name in given:
            raise SplitError(f"{split.name} is given {wanted.name} twice")
        given[wanted.name] = _read(split, wanted, value)
    missing = [f.name for f in in_order if f.default is MISSING and f.name not in given]
    if missing:
        raise SplitError(f"{split.name} needs {', '.join(missing)}: write {usage(split)}")
    return given


def _read(split: type[Split], wanted: "Field[object]", value: str) -> object:
    try:
        return wanted.metadata["read"](value)
    except SplitError as error:
        raise SplitError(f"{wanted.name} of {split.name}: {error}") from None

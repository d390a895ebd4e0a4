"""The parameters of a launch: merged in order, each knowing who set it, then filled in.

Later words win, and a key keeps the place where it was first seen. Filled in are
``%(name)s`` placeholders, a literal percent sign doubled, an unknown name refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError

Pairs = list[list[str]]

BUILT_IN_KEYWORDS = frozenset(
    {"dataset", "parameter", "version", "group", "experimenter", "experiment"}
)
PLACEHOLDER = re.compile(r"%(?:\((?P<name>[^()%]*)\)s|(?P<percent>%)|(?P<wrong>))")


class UnknownPlaceholder(ValueError):
    """Text names a ``%(…)s`` that nothing defines, or holds a lone percent sign."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a command: ``key + value``, and whose word the value is."""

    key: str
    value: str
    set_by: str


def merge(layers: Iterable[tuple[str, Pairs]]) -> list[Parameter]:
    """Merge ``(who, [[key, value], …])`` layers, the last word on each key winning.

    >>> [p.value for p in merge([("job type", [["-N ", "10"]]), ("stage", [["-N ", "20"]])])]
    ['20']
    """
    merged: dict[str, Parameter] = {}
    for set_by, pairs in layers:
        for key, value in pairs:
            merged[key] = Parameter(key, value, set_by)
    return list(merged.values())


def layers_of_launch(
    job_type: Pairs,
    campaign: Pairs,
    stage: Pairs,
    launch: Pairs,
    test: Pairs,
    *,
    merge_overrides: bool,
    is_test: bool,
) -> list[tuple[str, Pairs]]:
    """Return who says what, in order, first word first."""
    layers = [("job type", job_type)]
    if merge_overrides:
        layers.append(("campaign defaults", campaign))
    layers += [("stage", stage), ("launch", launch)]
    if is_test:
        layers += [("test", test), ("launch", launch)]
    return layers


def check_not_in_quotes(program: str) -> None:
    """Refuse a shell program with a placeholder inside quotes: its value is quoted by us.

    Raises:
        UnknownPlaceholder: quoted twice, a value would be a program again.
    """
    found = {match.start() for match in PLACEHOLDER.finditer(program) if match["name"]}
    quote, at = "", 0
    while at < len(program):
        sign = program[at]
        if at in found and quote:
            raise UnknownPlaceholder(
                f"a placeholder inside quotes: {program[at : at + 40]!r}; write it without them"
            )
        if sign == "\\" and quote != "'":
            at += 1
        elif sign in {"'", '"'} and quote in {"", sign}:
            quote = "" if quote else sign
        at += 1


def fill_in(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Replace each ``%(name)s`` of ``text`` by ``quote(values[name])``, and ``%%`` by ``%``.

    Raises:
        UnknownPlaceholder: a name that ``values`` lacks, or a percent sign that stands alone.
    """

    def value(found: re.Match[str]) -> str:
        if found["percent"]:
            return "%"
        name = found["name"]
        if name is None:
            raise UnknownPlaceholder(
                f"a lone % at character {found.start() + 1} of {text!r}: "
                "write %% for a percent sign"
            )
        if name not in values:
            raise UnknownPlaceholder(
                f"%({name})s in {text!r} is not defined; known are {', '.join(sorted(values))}"
            )
        return quote(values[name])

    return PLACEHOLDER.sub(value, text)


def fill_keywords(text: str, keywords: Mapping[str, str]) -> str:
    """Replace the campaign's own ``%(name)s`` in a dataset, version or pattern; leave all else.

    >>> fill_keywords("%_%(det)s.root", {"det": "near"})
    '%_near.root'
    """
    for name, value in keywords.items():
        text = text.replace(f"%({name})s", value)
    return text


def check_placeholders(text: str, keywords: Iterable[str] = ()) -> None:
    """Raise UnknownPlaceholder where ``fill_in`` would, given these campaign keywords."""
    fill_in(text, dict.fromkeys(BUILT_IN_KEYWORDS | set(keywords), ""))


def validate_overrides(value: object) -> None:
    """Refuse what isn't a list of [key, value] pairs of text."""
    good = isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in value
    )
    if not good:
        raise ValidationError(
            'write a list of [key, value] pairs of text, such as [["--memory=", "2000MB"]]'
        )


def validate_keywords(value: object) -> None:
    """Refuse keywords that aren't a flat {name: text} mapping, or that hide a built-in one."""
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValidationError('write a mapping of names to text, such as {"det": "near"}')
    for name in value:
        if not re.fullmatch(r"\w+", name):
            raise ValidationError(f"{name!r} is no keyword name: use letters, digits and _")
        if name in BUILT_IN_KEYWORDS:
            raise ValidationError(f"%({name})s is built in; choose another name")

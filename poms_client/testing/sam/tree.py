"""A query of dimensions as a tree; ``str`` writes it so that it is parsed to the same tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Union

RESERVED = frozenset({"and", "or", "not", "in", "like", "with", "minus", "union", "intersect"})
RELATIONS = ("isparentof", "ischildof", "isancestorof", "isdescendantof")
SET_OPERATORS = ("minus", "union", "intersect")
BARE = re.compile(r"[A-Za-z0-9_.%?+][A-Za-z0-9_.%?+-]*")
NUMBER = r"[0-9]+(?:\.[0-9]+)?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}"
BARE_RANGE = re.compile(f"({NUMBER}|{DATE})-({NUMBER}|{DATE})")


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included."""

    low: str
    high: str

    def __str__(self) -> str:
        return f"{_quoted(self.low)}-{_quoted(self.high)}"


@dataclass(frozen=True)
class Values:
    """The values that a term compares with: one, or any of several."""

    items: tuple[Union[str, Range], ...]

    def __str__(self) -> str:
        return ", ".join(written(i) if isinstance(i, str) else str(i) for i in self.items)


@dataclass(frozen=True)
class Term:
    """``name operator values``; operators are ``= != < <= > >= like in``, and ``not`` with two."""

    name: str
    operator: str
    values: Values

    def __str__(self) -> str:
        operator = "" if self.operator == "=" else f"{self.operator} "
        return f"{self.name} {operator}{self.values}"


@dataclass(frozen=True)
class Definition:
    """``defname: name``: what the definition of that name says, at this moment."""

    name: str

    def __str__(self) -> str:
        return f"defname: {written(self.name)}"


@dataclass(frozen=True)
class Availability:
    """``availability: a, b`` among the terms of an ``and``: says it of the whole query."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"availability: {', '.join(self.values)}"


@dataclass(frozen=True)
class Relation:
    """``isparentof: ( … )`` and its kind: a query of its own in the parentheses."""

    kind: str
    of: Query

    def __str__(self) -> str:
        return f"{self.kind}: ( {self.of} )"


@dataclass(frozen=True)
class Not:
    of: Node

    def __str__(self) -> str:
        return f"not {_inside(self.of, And, Or, Sets)}"


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(_inside(part, And, Or, Sets) for part in self.parts)


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(_inside(part, Or, Sets) for part in self.parts)


@dataclass(frozen=True)
class Sets:
    """``first minus second union third …``, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    def __str__(self) -> str:
        rest = "".join(f" {operator} {_inside(node, Sets)}" for operator, node in self.rest)
        return f"{_inside(self.first, Sets)}{rest}"


@dataclass(frozen=True)
class Query:
    """An expression with what stands after its ``with``: at the top, or in parentheses."""

    of: Node
    availability: Optional[tuple[str, ...]] = None
    limit: Optional[int] = None
    offset: Optional[int] = None
    stride: Optional[int] = None

    def __str__(self) -> str:
        said = [
            f"{name} {value}"
            for name, value in (
                ("availability", self.availability and ", ".join(self.availability)),
                ("stride", self.stride),
                ("limit", self.limit),
                ("offset", self.offset),
            )
            if value is not None
        ]
        return f"{_inside(self.of)} with {' '.join(said)}" if said else _inside(self.of)


Node = Union[Term, Definition, Availability, Relation, Not, And, Or, Sets, Query]


def children(node: Node) -> tuple[Node, ...]:
    """What a node is made of, one level down."""
    if isinstance(node, (And, Or)):
        return node.parts
    if isinstance(node, Sets):
        return (node.first, *(part for _, part in node.rest))
    if isinstance(node, (Not, Relation, Query)):
        return (node.of,)
    return ()


def written(value: str) -> str:
    """A value as text of a query: in quotes where it needs them.

    Raises ValueError where no quotes help: there is no escape in them.
    """
    bare = BARE.fullmatch(value) and value.lower() not in RESERVED
    return value if bare and not BARE_RANGE.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    for quote in "'\"":
        if quote not in value and "\n" not in value:
            return f"{quote}{value}{quote}"
    raise ValueError(f"{value!r} can't be written in a query: it has both kinds of quotes")


def _inside(node: Node, *loose: type) -> str:
    return f"({node})" if isinstance(node, (Query, *loose)) else str(node)

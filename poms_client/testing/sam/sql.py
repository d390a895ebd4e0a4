"""Conditions in SQL, each with the values of its question marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sql:
    text: str
    values: tuple[Any, ...] = ()

    def within(self, template: str) -> Sql:
        """This in place of ``{}`` in ``template``; the values of its question marks stay."""
        return Sql(template.replace("{}", self.text), self.values)


ALWAYS = Sql("1")


def both(conditions: Iterable[Sql]) -> Sql:
    return _joined(" and ", conditions)


def either(conditions: Iterable[Sql]) -> Sql:
    return _joined(" or ", conditions)


def negated(condition: Sql) -> Sql:
    """What is neither true nor known: a file without a version has none that is v1."""
    return condition.within("not ifnull({}, 0)")


def _joined(word: str, conditions: Iterable[Sql]) -> Sql:
    parts = list(conditions)
    if len(parts) == 1:
        return parts[0]
    text = word.join(part.text for part in parts)
    return Sql(f"({text})", tuple(value for part in parts for value in part.values))

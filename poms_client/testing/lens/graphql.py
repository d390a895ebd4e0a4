"""The part of GraphQL that LENS's callers use: one anonymous query of fields.

::

    {s0: submission(pomsTaskID: 1234) {id done SAM_PROJECT: env(name: "SAM_PROJECT")}}

Fields have an alias, arguments (integers, strings, booleans, null) and a selection, or none of
them; a leading ``query`` with a name is read over. Variables, fragments and directives are no part
of it (GraphQL, October 2021, chapter 2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

Value = Union[None, bool, int, str]

TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\r\n]*)
      | (?P<name>[_A-Za-z][_0-9A-Za-z]*)
      | (?P<number>-?(?:0|[1-9][0-9]*)(?![0-9A-Za-z_.]))
      | (?P<string>"(?:[^"\\\r\n]|\\.)*")
      | (?P<sign>[{}():])""",
    re.VERBOSE,
)
WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
DEEPEST = 20


class SyntaxProblem(Exception):
    """A query that isn't one; the message says where."""


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Field:
    """One field of a selection; its answer goes by ``alias``."""

    name: str
    alias: str
    arguments: dict[str, Value] = field(default_factory=dict)
    selection: tuple[Field, ...] = ()


def parse(text: str) -> tuple[Field, ...]:
    """Return the fields that a query asks for.

    :raises SyntaxProblem: it can't be read.
    """
    parser = _Parser(text)
    if parser.next_is("name", "query"):
        parser.take("name")
        if parser.next_is("name"):
            parser.take("name")
    fields = parser.selection(0)
    parser.take("end")
    return fields


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise SyntaxProblem(_where(text, at, f"unexpected {text[at]!r}"))
        if found.lastgroup != "skip":
            yield Token(found.lastgroup, found[0], at)
        at = found.end()
    yield Token("end", "", at)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0

    def next_is(self, kind: str, text: str = "") -> bool:
        token = self._tokens[self._next]
        return token.kind == kind and text in ("", token.text)

    def take(self, kind: str, text: str = "") -> str:
        token = self._tokens[self._next]
        if not self.next_is(kind, text):
            wanted = text or f"a {kind}"
            said = token.text or "the end"
            raise SyntaxProblem(_where(self._text, token.at, f"expected {wanted}, found {said}"))
        self._next += 1
        return token.text

    def selection(self, depth: int) -> tuple[Field, ...]:
        if depth > DEEPEST:
            raise SyntaxProblem(f"selections go {DEEPEST} deep, no deeper")
        self.take("sign", "{")
        fields = [self._field(depth)]
        while not self.next_is("sign", "}"):
            fields.append(self._field(depth))
        self.take("sign", "}")
        return tuple(fields)

    def _field(self, depth: int) -> Field:
        name = alias = self.take("name")
        if self.next_is("sign", ":"):
            self.take("sign")
            name = self.take("name")
        arguments = self._arguments() if self.next_is("sign", "(") else {}
        selection = self.selection(depth + 1) if self.next_is("sign", "{") else ()
        return Field(name, alias, arguments, selection)

    def _arguments(self) -> dict[str, Value]:
        self.take("sign", "(")
        found: dict[str, Value] = {}
        while not found or not self.next_is("sign", ")"):
            name = self.take("name")
            self.take("sign", ":")
            found[name] = self._value()
        self.take("sign", ")")
        return found

    def _value(self) -> Value:
        if self.next_is("number"):
            return int(self.take("number"))
        if self.next_is("string"):
            return _unquoted(self.take("string"))
        word = self.take("name")
        if word not in WORDS:
            raise SyntaxProblem(f"{word} is no value that this stand-in takes")
        return WORDS[word]


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise SyntaxProblem(f"{quoted} is no string") from None


def _where(text: str, at: int, what: str) -> str:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"Syntax Error: {what}, at line {line}, column {column}"

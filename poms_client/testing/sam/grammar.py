"""The language of dimensions: text to tree.

From loosest to tightest::

    query    = sets [ "with" modifier… ]
    modifier = "availability" a[, b] | "limit" N | "offset" N | "stride" N
    sets     = or { "minus" | "union" | "intersect"  or }      from left to right
    or       = and { "or" and }
    and      = not { "and" not }
    not      = "not" not | "(" query ")" | term
    term     = "defname:" name | "availability:" a[, b] | relation ":" "(" query ")"
             | name [ operator ] values

``=``, ``!=`` or no operator, ``in`` and ``not in`` take a value, a list or a range; the others take
one value. Words are ASCII, and case doesn't matter in names and operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Optional, TypeVar, Union

from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.tree import (
    BARE_RANGE,
    RELATIONS,
    RESERVED,
    SET_OPERATORS,
    And,
    Availability,
    Definition,
    Node,
    Not,
    Or,
    Query,
    Range,
    Relation,
    Sets,
    Term,
    Values,
)

TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<quoted>'[^'\n]*'|"[^"\n]*")
      | (?P<word>[A-Za-z0-9_.%?+-]+)
      | (?P<symbol><=|>=|!=|[=<>(),:])""",
    re.VERBOSE | re.ASCII,
)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")
ONE_VALUE = ("<", "<=", ">", ">=", "like", "not like")
MOST_NESTED = 60

T = TypeVar("T")


@dataclass(frozen=True)
class Token:
    """``kind`` is quoted, word, symbol or end; ``at`` counts characters from 0."""

    kind: str
    text: str
    at: int

    @property
    def value(self) -> str:
        return self.text[1:-1] if self.kind == "quoted" else self.text

    def says(self, *words: str) -> bool:
        return self.kind in ("word", "symbol") and self.text.lower() in words


def parse(text: str) -> Query:
    """Return the query that the text says.

    Raises DimensionError: ``Parse error at line 1, column 9: …`` with the line and a caret.
    """
    parser = _Parser(text)
    query = parser.query()
    if parser.next.kind != "end":
        parser.refuse(f"unexpected {_shown(parser.next)}")
    return query


def _tokens(text: str) -> list[Token]:
    tokens, at = [], 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise _error(text, at, f"unexpected character {text[at]!a}")
        kind = str(found.lastgroup)
        if not found[0].isascii():
            at += next(i for i, character in enumerate(found[0]) if not character.isascii())
            raise _error(text, at, "only ASCII characters can be used")
        if kind != "blank":
            tokens.append(Token(kind, found[0], at))
        at = found.end()
    return [*tokens, Token("end", "", len(text))]


class _Parser:
    """Recursive descent: a method for each line of the grammar, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def refuse(self, why: str) -> NoReturn:
        raise _error(self._text, self.next.at, why)

    def query(self) -> Query:
        of = self._sets()
        if not self._take("with"):
            return Query(of)
        said: dict[str, Union[int, tuple[str, ...]]] = {}
        while self.next.says(*MODIFIERS):
            name = self.next.text.lower()
            if name in said:
                self.refuse(f"{name} is given twice")
            self._advance()
            said[name] = MODIFIERS[name](self)
        if not said:
            self.refuse(f"expected {', '.join(MODIFIERS)} after with")
        return Query(of, **said)  # type: ignore[arg-type] # each has its own type

    def _sets(self) -> Node:
        first, rest = self._or(), []
        while self.next.says(*SET_OPERATORS):
            operator = self._advance().text.lower()
            rest.append((operator, self._or()))
        return Sets(first, tuple(rest)) if rest else first

    def _or(self) -> Node:
        parts = self._separated("or", self._and)
        return Or(parts) if len(parts) > 1 else parts[0]

    def _and(self) -> Node:
        parts = self._separated("and", self._not)
        return And(parts) if len(parts) > 1 else parts[0]

    def _not(self) -> Node:
        if self.next.says("not"):
            return self._nested(lambda: Not(self._after("not", self._not)))
        if self.next.says("("):
            group = self._nested(self._parenthesised)
            return group.of if group == Query(group.of) else group
        return self._term()

    def _parenthesised(self) -> Query:
        self._expect("(")
        query = self.query()
        self._expect(")")
        return query

    def _term(self) -> Node:
        if self.next.kind != "word" or self.next.text.lower() in RESERVED:
            self.refuse(f"expected a dimension, not {_shown(self.next)}")
        if not NAME.fullmatch(self.next.text):
            self.refuse(f"{self.next.text} is no name of a dimension")
        name = self._advance().text
        if not self._take(":"):
            return self._comparison(name)
        if name.lower() == "defname":
            return Definition(self._value())
        if name.lower() == "availability":
            return Availability(self._words())
        if name.lower() in RELATIONS:
            return self._nested(lambda: Relation(name.lower(), self._parenthesised()))
        self._at -= 1
        return self.refuse(f"no colon belongs after {name}")

    def _comparison(self, name: str) -> Term:
        operator = self._operator()
        in_parentheses = self._take("(")
        values = Values(self._separated(",", self._value_or_range))
        if in_parentheses:
            self._expect(")")
        several = len(values.items) > 1 or isinstance(values.items[0], Range)
        if operator in ONE_VALUE and several:
            self.refuse(f"{operator} takes one value")
        return Term(name, operator, values)

    def _operator(self) -> str:
        if self._take("not"):
            if not self.next.says("in", "like"):
                self.refuse("expected in or like after not")
            return f"not {self._advance().text.lower()}"
        if self.next.says("=", "!=", "<", "<=", ">", ">=", "in", "like"):
            return self._advance().text.lower()
        return "="

    def _value_or_range(self) -> Union[str, Range]:
        bare = BARE_RANGE.fullmatch(self.next.text) if self.next.kind == "word" else None
        if bare:
            self._advance()
            return Range(bare[1], bare[2])
        low = self._value()
        return Range(low, self._value()) if self._take("-") else low

    def _value(self) -> str:
        if self.next.kind not in ("word", "quoted") or self.next.says(*RESERVED):
            self.refuse(f"expected a value, not {_shown(self.next)}")
        return self._advance().value

    def _words(self) -> tuple[str, ...]:
        return self._separated(",", lambda: self._value().lower())

    def _number(self) -> int:
        if not re.fullmatch("[0-9]{1,15}", self.next.text):
            self.refuse(f"expected a whole number, not {_shown(self.next)}")
        return int(self._advance().text)

    def _separated(self, separator: str, item: Callable[[], T]) -> tuple[T, ...]:
        items = [item()]
        while self._take(separator):
            items.append(item())
        return tuple(items)

    def _after(self, word: str, item: Callable[[], T]) -> T:
        self._expect(word)
        return item()

    def _nested(self, item: Callable[[], T]) -> T:
        if self._depth == MOST_NESTED:
            self.refuse("nested too deeply")
        self._depth += 1
        inner = item()
        self._depth -= 1
        return inner

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self.refuse(f"expected {word}, not {_shown(self.next)}")

    def _take(self, word: str) -> Optional[Token]:
        return self._advance() if self.next.says(word) else None

    def _advance(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]


MODIFIERS: dict[str, Callable[[_Parser], Union[int, tuple[str, ...]]]] = {
    "availability": _Parser._words,  # noqa: SLF001 - our own
    "limit": _Parser._number,  # noqa: SLF001
    "offset": _Parser._number,  # noqa: SLF001
    "stride": _Parser._number,  # noqa: SLF001
}


def _shown(token: Token) -> str:
    return "the end" if token.kind == "end" else token.text


def _error(text: str, at: int, why: str) -> DimensionError:
    before = text[:at]
    line, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    shown = ascii(text.split("\n")[line - 1])[1:-1]
    return DimensionError(
        f"Parse error at line {line}, column {column}: {why}\n{shown}\n{' ' * (column - 1)}^"
    )

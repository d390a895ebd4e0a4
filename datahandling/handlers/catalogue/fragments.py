"""Conditions as people write them: ``data_tier raw and run_number >= 4000 and file_name r%.root``.

The grammar is ``term [and term …]`` with ``term = name [operator] value``. Names are ``file_name``,
``version``, ``run_number``, ``create_date`` and ``end_time``; any other is a key of the metadata.
Without an operator ``=`` is meant; after ``=`` a text with ``%`` is a pattern, as in SAM. A value
in quotes is text; a bare one is a number, ``true`` or ``false`` where it looks like that.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from datahandling.query import QueryError

Value = str | int | float | bool | datetime

TOKEN = re.compile(
    r"""\s*(?: (?P<quoted> '[^']*' | "[^"]*" )
             | (?P<operator> <= | >= | != | = | < | > )
             | (?P<word> [^\s'"<>=!]+ ) )""",
    re.VERBOSE,
)
ORDERED = frozenset({"=", "!=", "<", "<=", ">", ">="})
TEXTUAL = frozenset({"=", "!=", "like"})


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


AND, LIKE = Token("word", "and"), Token("word", "like")


@dataclass(frozen=True)
class Term:
    """``operator``: ``= != < <= > >= like``; ``value``: of the type that ``name`` asks for."""

    name: str
    operator: str
    value: Value


def parse(text: str) -> tuple[Term, ...]:
    """Return the terms, all of which must hold; QueryError if it can't be read."""
    tokens = _tokens(text)
    terms = [_term(text, tokens)]
    while tokens:
        if tokens.pop(0) != AND:
            raise QueryError(f"terms are joined by 'and' in {text!r}")
        terms.append(_term(text, tokens))
    return tuple(terms)


def _tokens(text: str) -> list[Token]:
    tokens = []
    text = text.strip()
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise QueryError(f"can't read {text[position:].strip()!r} in the condition {text!r}")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, _plain(kind, match[kind])))
        position = match.end()
    return tokens


def _plain(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1]
    return text.lower() if text.lower() in {"and", "like"} else text


def _term(text: str, tokens: list[Token]) -> Term:
    """Take one term from the front of the tokens."""
    if not tokens or tokens[0].kind != "word" or tokens[0] in {AND, LIKE}:
        raise QueryError(f"a term (name [operator] value) is missing in {text!r}")
    name = tokens.pop(0)
    operator = "="
    if tokens and (tokens[0].kind == "operator" or tokens[0] == LIKE):
        operator = tokens.pop(0).text
    if not tokens or tokens[0].kind == "operator" or tokens[0] in {AND, LIKE}:
        raise QueryError(f"{name.text!r} has no value in {text!r}")
    value = tokens.pop(0)
    if operator == "=" and "%" in value.text:
        operator = "like"
    return _typed(name.text, operator, value)


def _typed(name: str, operator: str, value: Token) -> Term:
    read, operators = COLUMNS.get(name, (_json, ORDERED | TEXTUAL))
    if operator not in operators:
        raise QueryError(f"{name} can't be compared by {operator!r}")
    try:
        return Term(name, operator, value.text if operator == "like" else read(value))
    except ValueError as error:
        raise QueryError(f"{name} can't be {value.text!r}: {error}") from error


def _text(value: Token) -> str:
    return value.text


def _number(value: Token) -> int:
    return int(value.text)


def _time(value: Token) -> datetime:
    time = datetime.fromisoformat(value.text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _json(value: Token) -> str | int | float | bool:
    if value.kind == "word":
        with suppress(ValueError):
            said = json.loads(value.text)
            if isinstance(said, int) or (isinstance(said, float) and isfinite(said)):
                return said
    return value.text


COLUMNS: dict[str, tuple[Callable[[Token], Value], frozenset[str]]] = {
    "file_name": (_text, TEXTUAL),
    "version": (_text, TEXTUAL),
    "run_number": (_number, ORDERED),
    "create_date": (_time, ORDERED),
    "end_time": (_time, ORDERED),
}

"""Dimensions as people write them: read only to be sure that they stand on their own.

What SAM means by them is SAM's business; that they can't change the query around them is ours. From
loosest to tightest::

    query = sets [ "with" { "availability" words | "limit" N | "offset" N | "stride" N } ]
    sets  = or { "minus" | "union" | "intersect"  or }
    or    = and { "or" and }
    and   = not { "and" not }
    not   = "not" not | "(" query ")" | term
    term  = "defname:" value | "availability:" words | relation ":" "(" query ")"
          | name [ operator ] ( values | "(" values ")" )
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import NoReturn

from datahandling.handlers.sam.words import DIMENSION, RESERVED
from datahandling.query import QueryError

TOKEN = re.compile(
    r"""\s*(?: (?P<quoted> '[^'\n]*' | "[^"\n]*" )
             | (?P<word> [A-Za-z0-9_.%?+-]+ )
             | (?P<symbol> <= | >= | != | [=<>(),:] ) )""",
    re.VERBOSE | re.ASCII,
)
RELATIONS = frozenset({"isparentof", "ischildof", "isancestorof", "isdescendantof"})
SET_OPERATORS = ("minus", "union", "intersect")
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "like")
ONE_VALUE = frozenset({"<", "<=", ">", ">=", "like"})
MOST_NESTED = 50

Token = tuple[str, str]  # kind, text (of words and symbols in lower case)


class Form(Enum):
    """What a fragment is, for the query that it is put into."""

    TERM = "one term"
    CONDITION = "terms with and, or, not"
    QUERY = "with set operators, or a with of its own"


def form_of(text: str) -> Form:
    """Return the form of what a person wrote; QueryError where it can't be read."""
    reader = _Reader(text)
    reader.query()
    if reader.next[0] != "end":
        reader.refuse()
    return reader.form


class _Reader:
    """Recursive descent: a method for each line of the grammar, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.depth = 0
        self.form = Form.TERM

    @property
    def next(self) -> Token:
        return self.tokens[0]

    def refuse(self) -> NoReturn:
        shown = self.next[1] or "the end"
        raise QueryError(f"can't read the dimensions {self.text!r}: {shown!r} isn't expected there")

    def query(self) -> None:
        self._separated(SET_OPERATORS, self._or, Form.QUERY)
        if self._take("with"):
            self._note(Form.QUERY)
            self._modifier()
            while self.next[1] in MODIFIERS:
                self._modifier()

    def _modifier(self) -> None:
        if self.next[1] not in MODIFIERS:
            self.refuse()
        MODIFIERS[self._advance()[1]](self)

    def _or(self) -> None:
        self._separated(("or",), self._and, Form.CONDITION)

    def _and(self) -> None:
        self._separated(("and",), self._not, Form.CONDITION)

    def _not(self) -> None:
        while self._take("not"):
            self._note(Form.CONDITION)
        if self.next == ("symbol", "("):
            self._note(Form.CONDITION)
            self._nested()
        else:
            self._term()

    def _nested(self) -> None:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise QueryError(f"the dimensions {self.text!r} are nested too deeply")
        self._expect("(")
        self.query()
        self._expect(")")
        self.depth -= 1

    def _term(self) -> None:
        kind, name = self.next
        if kind != "word" or name in RESERVED or not DIMENSION.fullmatch(name):
            self.refuse()
        self._advance()
        if not self._take(":"):
            self._comparison()
        elif name == "defname":
            self._value()
        elif name == "availability":
            self.words()
        elif name in RELATIONS:
            form = self.form  # what stands inside is inside
            self._nested()
            self.form = form
        else:
            self.refuse()

    def _comparison(self) -> None:
        negated = self._take("not")
        operator = self._advance()[1] if self.next[1] in OPERATORS and self._is_bare() else ""
        if negated and operator not in ("in", "like"):
            self.refuse()
        enclosed = self._take("(")
        self._value_or_range()
        while operator not in ONE_VALUE and self._take(","):
            self._value_or_range()
        if enclosed:
            self._expect(")")

    def _value_or_range(self) -> None:
        self._value()
        if self.next == ("word", "-"):
            self._advance()
            self._value()

    def _value(self) -> None:
        kind, text = self.next
        if kind not in ("quoted", "word") or (kind == "word" and text in RESERVED):
            self.refuse()
        self._advance()

    def words(self) -> None:
        self._separated((",",), self._value, self.form)

    def whole_number(self) -> None:
        if not re.fullmatch("[0-9]{1,15}", self.next[1]):
            self.refuse()
        self._advance()

    def _separated(self, by: tuple[str, ...], item: Callable[[], None], form: Form) -> None:
        item()
        while self.next[1] in by and self._is_bare():
            self._advance()
            self._note(form)
            item()

    def _note(self, form: Form) -> None:
        """A whole is at least what its parts are."""
        forms = list(Form)
        self.form = max(self.form, form, key=forms.index)

    def _is_bare(self) -> bool:
        return self.next[0] in ("word", "symbol")

    def _take(self, text: str) -> bool:
        found = self._is_bare() and self.next[1] == text
        if found:
            self._advance()
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            self.refuse()

    def _advance(self) -> Token:
        return self.tokens.pop(0)


MODIFIERS: dict[str, Callable[[_Reader], None]] = {
    "availability": _Reader.words,
    "limit": _Reader.whole_number,
    "offset": _Reader.whole_number,
    "stride": _Reader.whole_number,
}


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None or not found[0].isascii():
            raise QueryError(f"can't read {text[at:].strip()!r} in the dimensions {text!r}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind] if kind == "quoted" else found[kind].lower()))
        at = found.end()
    return [*tokens, ("end", "")]

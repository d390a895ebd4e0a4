"""Conditions in MQL as people type them: read, checked, and written again.

What follows ``where``: ``core.data_tier = raw and (core.runs[any] in 1:9 or size > 0)``. Read by a
grammar of our own, so that nothing typed can change the query around it, and so that what MetaCat
takes but answers wrongly is refused here, or written as it was meant.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from datahandling.handlers.data_dispatcher import words
from datahandling.query import QueryError

TOKEN = re.compile(
    r"""\s*(?: (?P<quoted> '[^']*' | "[^"]*" )
             | (?P<operator> !?~\*? | <= | >= | != | == | = | < | > )
             | (?P<sign> [()\[\],:!] )
             | (?P<word> [^\s'"<>=!~()\[\],:]+ ) )""",
    re.VERBOSE,
)
UNQUOTED = re.compile(r"[A-Za-z0-9$@_.-]+")
WHOLE = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][+-]?[0-9]+)?")
TRUTHS = {"true": True, "false": False}
REGULAR = frozenset({"~", "~*", "!~", "!~*"})
RESERVED = frozenset({"and", "or", "not", "in", "like", "present"})

TEXT, SIZE, TIME, TRUTH = "a text", "a number", "a time in quotes, such as '2025-03-01'", "a truth"
ATTRIBUTES = {
    "name": TEXT,
    "namespace": TEXT,
    "creator": TEXT,
    "updated_by": TEXT,
    "retired_by": TEXT,
    "size": SIZE,
    "created_timestamp": TIME,
    "updated_timestamp": TIME,
    "retired_timestamp": TIME,
    "retired": TRUTH,
}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


END = Token("end", "the end")


def normal(text: str) -> str:
    """Return the condition as MetaCat is to be asked for it; QueryError if it can't be read.

    >>> normal("core.data_tier=raw and core.runs in 1:9")
    "core.data_tier = 'raw' and core.runs[any] in 1:9"
    """
    words.refuse_backslash(text)
    reader = _Reader(text)
    said = reader.either()
    if reader.next != END:
        raise reader.error(f"{reader.next.text!r} is one word too much")
    return said


class _Reader:
    """Takes a condition word by word; each method reads what it is named after."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = [*self._cut(text), END]

    def _cut(self, text: str) -> list[Token]:
        tokens, place, text = [], 0, text.strip()
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None:
                raise self.error(f"{text[place:].strip()!r} can't be read")
            kind = str(match.lastgroup)
            tokens.append(Token(kind, match[kind]))
            place = match.end()
        return tokens

    @property
    def next(self) -> Token:
        return self._tokens[0]

    def take(self) -> Token:
        token = self._tokens[0]
        if token is not END:
            del self._tokens[0]
        return token

    def takes(self, *said: str) -> bool:
        """Take these words, if they are what comes next."""
        there = [token.text for token in self._tokens[: len(said)] if token.kind != "quoted"]
        if there != list(said):
            return False
        del self._tokens[: len(said)]
        return True

    def must(self, said: str) -> None:
        if not self.takes(said):
            raise self.error(f"{said!r} is missing before {self.next.text!r}")

    def error(self, why: str) -> QueryError:
        return QueryError(f"{self.text!r} is no condition in MetaCat's query language: {why}")

    def either(self) -> str:
        return self._joined("or", self.all)

    def all(self) -> str:
        return self._joined("and", self.term)

    def _joined(self, word: str, part: Callable[[], str]) -> str:
        parts = [part()]
        while self.takes(word):
            parts.append(part())
        return f" {word} ".join(parts)

    def term(self) -> str:
        if self.takes("!"):
            return f"!({self.term()})"
        if self.takes("("):
            inside = self.either()
            self.must(")")
            return f"({inside})"
        if self._value_comes_first():
            return self.contained()
        return self.comparison()

    def _value_comes_first(self) -> bool:
        """Tell whether it is ``value in key``: what follows ``in`` is a key, not a set or range."""
        after = [token.text for token in self._tokens[1:4]]
        where = 2 if after[:1] == ["not"] else 1
        in_key = after[where - 1 : where] == ["in"] and len(after) > where
        return in_key and after[where] != "(" and self._tokens[where + 2].text != ":"

    def contained(self) -> str:
        said = self.constant()
        word = "not in" if self.takes("not") else "in"
        self.must("in")
        return f"{said} {word} {words.key(self.take().text)}"

    def comparison(self) -> str:
        if self.takes("len"):
            self.must("(")
            measured = words.key(self.take().text)
            self.must(")")
            return self._of_key(f"len({measured})", SIZE)
        name = self.take()
        if name.kind != "word" or name.text in RESERVED:
            raise self.error(f"{name.text!r} stands where a key or an attribute should")
        if name.text in ATTRIBUTES:
            return self._compared(name.text, ATTRIBUTES[name.text], of_file=True)
        if "." not in name.text:
            known = ", ".join(ATTRIBUTES)
            raise self.error(f"{name.text} is neither a key (core.{name.text}?) nor one of {known}")
        return self._of_key(words.key(name.text), "")

    def _of_key(self, name: str, wanted: str) -> str:
        if self.takes("present"):
            return f"{name} present"
        if self.takes("not", "present"):
            return f"{name} not present"
        if self.takes("["):
            index = self.take()
            self.must("]")
            return self._compared(f"{name}[{self._index(index)}]", wanted)
        is_range = "in" in [t.text for t in self._tokens[:2]] and self._range_follows()
        # A range of a bare key MetaCat takes for any value at all (it forgets the condition).
        return self._compared(f"{name}[any]" if is_range and not wanted else name, wanted)

    def _range_follows(self) -> bool:
        where = 2 if self.next.text == "not" else 1
        return self._tokens[where].text != "("

    def _index(self, token: Token) -> str:
        if token.kind == "quoted":
            return words.text(token.text[1:-1])
        if token.text in {"any", "all"} or WHOLE.fullmatch(token.text):
            return token.text
        raise self.error(f"[{token.text}] is none of [any], [all], [0], ['name']")

    def _compared(self, name: str, wanted: str, *, of_file: bool = False) -> str:
        negated = self.takes("not")
        if self.takes("in"):
            return f"{name} {'not ' if negated else ''}in {self._set_or_range(wanted)}"
        operator = self.take()
        if negated or (operator.kind != "operator" and operator.text != "like"):
            raise self.error(f"{operator.text!r} after {name} compares nothing")
        if operator.text == "like" and not of_file:
            raise self.error(f"like compares no metadata: write {name} ~ '…', a regular expression")
        if operator.text.endswith("*") and not of_file:  # MetaCat 4.1 breaks over it
            raise self.error(f"write {operator.text[:-1]} and [aA] for either case of metadata")
        if operator.text in REGULAR and wanted not in {"", TEXT}:
            raise self.error(f"{name} is {wanted}, which has no regular expression")
        return f"{name} {operator.text} {self.constant(wanted)}"

    def _set_or_range(self, wanted: str) -> str:
        if self.takes("("):
            values = [self.constant(wanted)]
            while self.takes(","):
                values.append(self.constant(wanted))
            self.must(")")
            return f"({', '.join(values)})"
        low = self.constant(wanted)
        self.must(":")
        return f"{low}:{self.constant(wanted)}"

    def constant(self, wanted: str = "") -> str:
        token = self.take()
        if token.kind not in {"quoted", "word"} or token.text in RESERVED:
            raise self.error(f"{token.text!r} stands where a value should")
        if token.text in {"date", "datetime"} and self.next.text == "(":
            return self._moment(token.text, wanted)
        if token.kind == "quoted":
            said: words.Value = token.text[1:-1]
        else:
            said = self._plain(token.text)
        if not _fits(said, wanted):
            raise self.error(f"{token.text} isn't {wanted}")
        return words.constant(said)

    def _plain(self, word: str) -> words.Value:
        if word.lower() in TRUTHS:
            return TRUTHS[word.lower()]
        if WHOLE.fullmatch(word):
            return int(word)
        if NUMBER.fullmatch(word):
            return float(word)
        if UNQUOTED.fullmatch(word) is None:
            raise self.error(f"put {word} in quotes")
        return word

    def _moment(self, kind: str, wanted: str) -> str:
        """Read ``date('2025-03-01')``: seconds, which metadata may hold and attributes don't."""
        if wanted:
            raise self.error(f"{kind}(…) is a number of seconds; this is {wanted}")
        self.must("(")
        said = self.take().text.strip("'\"")
        self.must(")")
        try:
            datetime.fromisoformat(said)
        except ValueError as error:
            raise self.error(f"{kind}({said}) is no time: {error}") from error
        return f"{kind}({words.text(said)})"


def _fits(value: words.Value, wanted: str) -> bool:
    """Tell whether an attribute can be compared with it; metadata with anything."""
    match wanted:
        case "":
            return True
        case _ if wanted == TIME:
            return isinstance(value, str) and _is_time(value)
        case _ if wanted == SIZE:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _ if wanted == TRUTH:
            return isinstance(value, bool)
    return isinstance(value, str)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True

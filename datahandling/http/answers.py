"""What a service answered, read strictly: what doesn't look as it should is Unknown."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from datahandling.errors import Unknown
from datahandling.storable import require_json, require_text

T = TypeVar("T")

JSON = frozenset({"application/json", "text/json", "application/problem+json"})
SEQUENCE = frozenset({"application/json-seq"})
TEXT = frozenset({"text/plain"})
RECORD = "\x1e"  # begins each record of a JSON sequence (RFC 7464)
SHOWN = 200  # characters of an answer, in an error
REFUSALS = 400  # statuses from here on
LONGEST_LINE = 100
MARKUP = "<{["  # begins a page, or JSON
DIGITS = 18  # of a count; more are no count of anything, and may not fit in a BIGINT


class Listener(Protocol):
    """Is told whether what a server said was what it was asked."""

    def answered(self) -> None: ...

    def made_no_sense(self, why: str) -> None: ...


@dataclass(frozen=True)
class Answer:
    """One of the statuses that the question expected, and its whole body: clear once it is read.

    ``asked`` says who was asked what, for errors; ``headers``' names don't depend on case.
    ``listener`` hears that the server answered when a body of the kind that was asked for was read;
    of a refusal, which anybody on the way may have sent, when its reader says so (``is_clear``).
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    asked: str = field(repr=False)
    listener: Listener | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8 text; Unknown if it isn't, or can't be stored."""
        try:
            text = self.body.decode()
            require_text(text)
        except ValueError as error:
            raise self.nonsense("with bytes that are no text") from error
        return text

    def plain(self) -> str:
        """The body's text; Unknown if it isn't said to be plain text."""
        self._must_be(TEXT)
        return self._clear(self.text)

    def line(self) -> str:
        """The body as one short line, a version or somebody's name; Unknown if it is anything else.

        Of whatever kind: not everybody says that such a word is plain text.
        """
        line = self.text.strip()
        if not line.isprintable() or not 0 < len(line) <= LONGEST_LINE or line[0] in MARKUP:
            raise self.nonsense(f"with something else than a line of text: {self.excerpt}")
        return self._clear(line)

    def json(self) -> Any:
        """The body's JSON value; Unknown if it isn't JSON, or isn't said to be."""
        self._must_be(JSON)
        return self._clear(self._parse(self.text))

    def records(self) -> list[Any]:
        """The values of a JSON sequence, in order; Unknown if it isn't a whole one."""
        self._must_be(SEQUENCE)
        before, *records = self.text.split(RECORD)
        if before or not all(record.endswith("\n") for record in records):
            raise self.nonsense("with a broken sequence of JSON values")
        return self._clear([self._parse(record) for record in records])

    def number(self) -> int:
        """The body as a count, as text or JSON; Unknown if it is anything but digits."""
        self._must_be(TEXT | JSON)
        digits = self.text.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS):
            raise self.nonsense(f"with no count: {self.excerpt}")
        return self._clear(int(digits))

    @property
    def excerpt(self) -> str:
        return excerpt(self.body)

    def nonsense(self, how: str) -> Unknown:
        """Note that the answer, read closely, makes no sense; return the error to raise."""
        why = f"{self.asked} was answered {how}"
        if self.listener is not None:
            self.listener.made_no_sense(why)
        return Unknown(why)

    def is_clear(self) -> None:
        """Note that the server has answered what it was asked, be it with a refusal of its own."""
        if self.listener is not None:
            self.listener.answered()

    def _clear(self, value: T) -> T:
        if self.status < REFUSALS:
            self.is_clear()
        return value

    def _must_be(self, kinds: frozenset[str]) -> None:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in kinds:
            raise self.nonsense(f"as {kind or 'nothing in particular'}: {self.excerpt}")

    def _parse(self, text: str) -> Any:
        try:
            value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
            if r"\u" in text:  # only so can it say what isn't in the text itself
                require_json(value)
        except RecursionError as error:
            raise self.nonsense(f"with JSON that is nested too deeply: {self.excerpt}") from error
        except ValueError as error:
            raise self.nonsense(f"with broken JSON ({error}): {self.excerpt}") from error
        return value


def excerpt(body: bytes) -> str:
    """Return the beginning of an answer, on one line, with � for what can't be shown."""
    line = " ".join(body[: 4 * SHOWN].decode(errors="replace").split())
    text = "".join(character if character.isprintable() else "�" for character in line)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _finite(said: str) -> float:
    number = float(said)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number

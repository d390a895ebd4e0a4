"""What a service answered, read strictly: what doesn't look as it should is Unknown."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datahandling.errors import Unknown
from datahandling.storable import require_json, require_text

JSON = frozenset({"application/json", "text/json", "application/problem+json"})
SEQUENCE = frozenset({"application/json-seq"})
TEXT = frozenset({"text/plain"})
RECORD = "\x1e"  # begins each record of a JSON sequence (RFC 7464)
SHOWN = 200  # characters of an answer, in an error
DIGITS = 18  # of a count; more are no count of anything, and may not fit in a BIGINT


@dataclass(frozen=True)
class Answer:
    """A clear answer: one of the statuses that the question expected, and its whole body.

    ``asked`` says who was asked what, for errors; ``headers``' names don't depend on case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    asked: str = field(repr=False)

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
        return self.text

    def json(self) -> Any:
        """The body's JSON value; Unknown if it isn't JSON, or isn't said to be."""
        self._must_be(JSON)
        return self._parse(self.text)

    def records(self) -> list[Any]:
        """The values of a JSON sequence, in order; Unknown if it isn't a whole one."""
        self._must_be(SEQUENCE)
        before, *records = self.text.split(RECORD)
        if before or not all(record.endswith("\n") for record in records):
            raise self.nonsense("with a broken sequence of JSON values")
        return [self._parse(record) for record in records]

    def number(self) -> int:
        """The body as a count, as text or JSON; Unknown if it is anything but digits."""
        self._must_be(TEXT | JSON)
        digits = self.text.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS):
            raise self.nonsense(f"with no count: {self.excerpt}")
        return int(digits)

    @property
    def excerpt(self) -> str:
        return excerpt(self.body)

    def nonsense(self, how: str) -> Unknown:
        """Return the error to raise when the answer, read closely, makes no sense."""
        return Unknown(f"{self.asked} was answered {how}")

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

"""How a value is written in a campaign file, and read back: one codec per kind of value."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from campaigns import dispatcher, durations
from datahandling import storable

TRUTH = {
    "true": True,
    "yes": True,
    "1": True,
    "on": True,
    "false": False,
    "no": False,
    "0": False,
    "off": False,
    "none": False,
    "": False,
}
STATES = {"active": True, "inactive": False}
KINDS = {"test": True, "regular": False, "none": False, "": False}


@dataclass(frozen=True)
class Codec:
    """``read`` raises ValueError with a sentence when the text is no such value."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    is_text: bool = False

    def to_json(self, value: Any) -> Any:
        """Return the value as JSON can hold it."""
        return value if isinstance(value, str | int | list | dict) else self.write(value)

    def from_json(self, value: Any) -> Any:
        """Return the value that ``to_json`` wrote; ValueError where it is none."""
        if self.is_text:
            if not isinstance(value, str):
                raise ValueError(f"{value!r} is no text")
            return value
        return self.read(value if isinstance(value, str) else json.dumps(value))


def read_text(text: str) -> str:
    """Read text: as it stands, or as a JSON string where it begins and ends like one."""
    if text[:1] == '"':
        try:
            value = json.loads(text)
        except ValueError:
            return text
        storable.require_json(value)
        if isinstance(value, str):
            return value
    return text


def write_text(text: str) -> str:
    plain = text == text.strip() and text.isprintable() and not text.startswith('"')
    return text if plain else json.dumps(text, ensure_ascii=False)


def read_optional(text: str) -> str:
    return "" if text.lower() == "none" else read_text(text)


def write_optional(text: str) -> str:
    if not text:
        return "None"
    return json.dumps(text) if text.lower() == "none" else write_text(text)


def read_whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def read_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number")
    return number


def write_decimal(number: Decimal) -> str:
    return f"{Decimal(number).normalize():f}"


def read_duration(text: str) -> timedelta | None:
    return None if text.lower() == "never" else durations.read(text)


def write_duration(time: timedelta | None) -> str:
    return "never" if time is None else durations.write(time)


def read_json(text: str) -> Any:
    """Read JSON; what old clients wrote as JSON within a JSON string, too."""
    try:
        value = storable.read_json(text)
        return storable.read_json(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"this is no JSON: {error}") from None


def _read_shape(shape: type, example: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = read_json(text)
        if not isinstance(value, shape):
            raise ValueError(f"write JSON such as {example}")  # noqa: TRY004 (codecs raise ValueError)
        return value

    return read


def read_dispatcher(text: str) -> dict[str, Any]:
    """Read settings of Data Dispatcher projects; what says nothing is left out."""
    settings, problems = dispatcher.read_settings(MAPPING.read(text))
    if problems:
        raise ValueError("; ".join(problems))
    return settings


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _read_word(words: dict[str, bool]) -> Callable[[str], bool]:
    def read(text: str) -> bool:
        if text.lower() not in words:
            raise ValueError(f"{text!r} is none of {', '.join(filter(None, words))}")
        return words[text.lower()]

    return read


TEXT = Codec(read_text, write_text, is_text=True)
OPTIONAL_TEXT = Codec(read_optional, write_optional, is_text=True)
WHOLE = Codec(read_whole, str)
DECIMAL = Codec(read_decimal, write_decimal)
DURATION_OR_NEVER = Codec(read_duration, write_duration)
YES_NO = Codec(_read_word(TRUTH), str)
ACTIVE = Codec(_read_word(STATES), lambda active: "Active" if active else "Inactive")
TEST_CAMPAIGN = Codec(_read_word(KINDS), lambda test: "test" if test else "regular")
PAIRS = Codec(_read_shape(list, '[["--memory=", "2000MB"]]'), write_json)
RECOVERIES = Codec(
    _read_shape(list, '[["consumed_status", [["--memory=", "4000MB"]]]]'), write_json
)
NAMES = Codec(_read_shape(list, '["calibration"]'), write_json)
MAPPING = Codec(_read_shape(dict, '{"det": "near"}'), write_json)
DISPATCHER = Codec(read_dispatcher, write_json)

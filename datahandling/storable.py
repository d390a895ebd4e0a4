"""What PostgreSQL can store: text has no NUL and no half characters, JSON no infinite numbers."""

import json
from typing import Any, TypeGuard

STRICT = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
MOST = 2**63 - 1  # of a BIGINT


def require_text(text: str) -> None:
    """Raise ValueError for text that can't be stored or sent."""
    if "\0" in text:
        raise ValueError("text can't hold the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("text can't hold half a character (a lone surrogate)") from None


def is_count(value: Any) -> TypeGuard[int]:
    """Tell whether it is a whole number, at least 0, that can be stored."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def require_json(value: Any) -> None:
    """Raise ValueError for what Python reads as JSON, and PostgreSQL doesn't."""
    as_json(value)


def as_json(value: Any) -> str:
    """Return ``value`` as JSON that PostgreSQL reads; raises ValueError where there is none."""
    try:
        text = STRICT.encode(value)
    except RecursionError:
        raise ValueError("this is nested too deeply") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise ValueError("JSON has no infinite numbers and no NaN") from None
    if r"\u0000" in text and r"\u0000" in text.replace(r"\\", ""):
        raise ValueError("text can't hold the character NUL")
    require_text(text)
    return text


def read_json(text: str) -> Any:
    """Return what JSON ``text`` says. Raises ValueError where it is none, or can't be stored."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("this is nested too deeply") from None
    require_json(value)
    return value

"""Lengths of time as people write them: ``2d``, ``12h``, ``1d 6h``."""

import re
from datetime import timedelta
from decimal import Decimal

UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
LONGEST = 3660 * UNITS["d"]  # ten years: nobody waits longer, and calendars end
FORM = re.compile(r"\s*(?:[0-9]+\s*[wdhm]\s*)*(?:[0-9]+(?:\.[0-9]{1,6})?\s*s\s*)?")
PART = re.compile(r"([0-9.]+)\s*([wdhms])")


def read(text: str) -> timedelta:
    """Read numbers and their units; ValueError says what to write instead."""
    if not text.strip() or not FORM.fullmatch(text):
        raise ValueError(
            f"{text!r} isn't a length of time: write numbers and w, d, h, m or s, such as 1d 6h"
        )
    if len(text) > 100:
        raise ValueError(f"{text[:20]!r}… is too long a time")
    seconds = sum(Decimal(number) * UNITS[unit] for number, unit in PART.findall(text))
    if seconds > LONGEST:
        raise ValueError(
            f"{text!r} is too long a time: ten years, {LONGEST // UNITS['d']}d, will do"
        )
    return timedelta(microseconds=int(seconds * 1_000_000))


def write(length: timedelta) -> str:
    """Write a length of time as ``read`` reads it.

    >>> write(timedelta(days=1, hours=6)), write(timedelta(seconds=90.5)), write(timedelta())
    ('1d 6h', '1m 30.5s', '0s')
    """
    left, words = length // timedelta(microseconds=1), []
    for unit in "dhm":
        number, left = divmod(left, UNITS[unit] * 1_000_000)
        if number:
            words.append(f"{number}{unit}")
    if left or not words:
        words.append(f"{Decimal(left).scaleb(-6).normalize():f}s")
    return " ".join(words)

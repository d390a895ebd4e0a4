"""What is different between two snapshots, setting by setting."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MISSING = "–"


@dataclass(frozen=True)
class Difference:
    setting: str
    then: Any
    now: Any


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    """Compare two snapshots' contents.

    >>> differences({"stage": {"version": "v1"}}, {"stage": {"version": "v2"}})
    [Difference(setting='stage version', then='v1', now='v2')]
    """
    before, after = dict(settings_of(then)), dict(settings_of(now))
    return [
        Difference(setting, before.get(setting, MISSING), after.get(setting, MISSING))
        for setting in dict.fromkeys([*before, *after])
        if before.get(setting, MISSING) != after.get(setting, MISSING)
    ]


def settings_of(content: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a snapshot's settings by their names in words, such as ``stage completion pct``."""
    for name, value in content.items():
        words = f"{above} {name.replace('_', ' ')}".strip()
        if isinstance(value, dict) and value and not above:
            yield from settings_of(value, words)
        else:
            yield words, value

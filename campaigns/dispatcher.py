"""Settings of Data Dispatcher projects: a stage's, else its campaign's defaults, else built in.

They are kept as JSON, in the stage and among the campaign's defaults; what says nothing (null, an
empty text, 0) isn't kept. Times are whole seconds, or ``"never"``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from campaigns import durations

NEVER = "never"
LARGEST = 2**31 - 1


class Methodology(models.TextChoices):
    STANDARD = "standard", "standard: a project for each submission"
    ONE_PROJECT = "1P", "1P: a recovery restarts its files in the project of its original"


@dataclass(frozen=True)
class Setting:
    """How a setting is read (ValueError where it can't be), and what it is unless said."""

    read: Callable[[Any], Any]
    default: Any
    help: str


def _number(value: Any, largest: int = LARGEST) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise ValueError(f"{value!r} is no whole number")
    if int(text) > largest:
        raise ValueError(f"{text} is too large: use {largest} or less")
    return int(text)


def _seconds(value: Any) -> int | str:
    if value == NEVER:
        return NEVER
    try:
        return _number(value, largest=durations.LONGEST)
    except ValueError as error:
        raise ValueError(f"{error}; write seconds, or {NEVER!r}") from None


def _methodology(value: Any) -> str:
    if value not in Methodology.values:
        raise ValueError(f"{value!r} is none of {', '.join(Methodology.values)}")
    return str(value)


TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False}


def _truth(value: Any) -> bool:
    try:
        return TRUTH[str(value).strip().lower()]
    except KeyError:
        raise ValueError(f"{value!r} is neither true nor false") from None


SETTINGS: dict[str, Setting] = {
    "project_id": Setting(
        _number, None, "Each submission runs on this project instead of one made for its dataset."
    ),
    "methodology": Setting(_methodology, Methodology.STANDARD.value, "What a recovery runs on."),
    "load_limit": Setting(
        _number, None, "How many files of the project one submission processes; empty: all."
    ),
    "virtual": Setting(_truth, False, "The files need no replicas to be handed out."),
    "idle_timeout": Setting(
        _seconds,
        259_200,
        "After this long without a job's request the project is abandoned, such as 3d, or never.",
    ),
    "worker_timeout": Setting(
        _seconds, None, "After this long a job loses its file, such as 12h; empty: never."
    ),
}


def read_settings(said: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the settings that ``said`` holds, as they are kept, and what can't be read of it."""
    if not isinstance(said, Mapping):
        return {}, ["settings of Data Dispatcher are a JSON object"]
    settings: dict[str, Any] = {}
    problems = []
    for name, value in said.items():
        if name not in SETTINGS:
            problems.append(f"Data Dispatcher has no setting {name!r}: use {', '.join(SETTINGS)}")
        elif not _says_nothing(value):
            try:
                settings[name] = SETTINGS[name].read(value)
            except ValueError as error:
                problems.append(f"{name}: {error}")
    return {name: settings[name] for name in SETTINGS if name in settings}, problems


def _says_nothing(value: Any) -> bool:
    """Tell whether a value stands for none: old files write 0 for no limit and for no time-out."""
    return value is None or (not isinstance(value, bool) and value in (0, "", "0", "None"))


def validate_settings(value: Any) -> None:
    """Refuse what isn't settings as they are kept."""
    problems = read_settings(value)[1]
    if problems:
        raise ValidationError(problems)


def resolve(stage: Any, defaults: Any) -> dict[str, Any]:
    """Return every setting as a launch uses it: the stage's, the campaign's default, the built-in.

    Times are seconds, None for never. What can't be read counts as not said; validation tells.
    """
    built_in = {name: setting.default for name, setting in SETTINGS.items()}
    said = {**read_settings(defaults)[0], **read_settings(stage)[0]}
    return {name: None if value == NEVER else value for name, value in {**built_in, **said}.items()}


def in_words(resolved: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return resolved settings as people read them."""
    return [(name.replace("_", " "), _word(name, value)) for name, value in resolved.items()]


def _word(name: str, value: Any) -> str:
    if name.endswith("_timeout"):
        return NEVER if value is None else durations.write(timedelta(seconds=value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)

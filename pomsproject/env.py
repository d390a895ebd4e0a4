"""What the environment says: the only reader of ``os.environ``.

A secret may come from a file: ``POMS_SECRET_KEY_FILE`` names one for ``POMS_SECRET_KEY``. What the
environment doesn't say may stand in the file that ``POMS_ENV_FILE`` names, in lines ``NAME=value``
that a shell and systemd read too; cron has no environment to speak of.
"""

import os
import shlex
from datetime import timedelta
from functools import cache
from pathlib import Path


class MissingSetting(Exception):
    """A setting that POMS can't run without isn't in the environment."""


def text(name: str, default: str = "") -> str:
    """Return ``$name``, or what the file ``$name_FILE`` holds, or ``default``."""
    for source in (os.environ, from_file(os.environ.get("POMS_ENV_FILE"))):
        if name in source:
            return source[name]
        if f"{name}_FILE" in source:
            return Path(source[f"{name}_FILE"]).read_text().strip()
    return default


def leave_out(file: Path) -> None:
    """Go on without the file of settings, where it is this one."""
    named = os.environ.get("POMS_ENV_FILE")
    if named and Path(named).resolve() == file.resolve():
        del os.environ["POMS_ENV_FILE"]


@cache
def from_file(path: str | None) -> dict[str, str]:
    """Return what the lines of ``path`` set.

    :raises MissingSetting: for a file that isn't there, or a line that sets nothing.
    """
    if not path:
        return {}
    try:
        words = shlex.split(Path(path).read_text(), comments=True)
    except (OSError, ValueError) as error:
        raise MissingSetting(f"POMS_ENV_FILE={path} can't be read: {error}") from error
    if odd := [word for word in words if "=" not in word]:
        raise MissingSetting(f"{path}: {odd[0]!r} sets nothing; write NAME=value, quote blanks")
    return dict(word.split("=", 1) for word in words)


def required(name: str) -> str:
    value = text(name)
    if not value:
        raise MissingSetting(f"set {name} (or {name}_FILE); docs/reference/settings.md tells more")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def seconds(name: str, default: float) -> timedelta:
    return timedelta(seconds=float(text(name, str(default))))


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of ``$name``."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def pairs(name: str) -> dict[str, str]:
    """Return what the comma-separated ``key=value`` of ``$name`` say.

    :raises MissingSetting: for a word without ``=``.
    """
    if odd := [word for word in words(name) if "=" not in word]:
        raise MissingSetting(f"{name}: {odd[0]!r} says nothing; write key=value, commas between")
    return dict(word.split("=", 1) for word in words(name))


def numbers(name: str, default: dict[str, int]) -> dict[str, int]:
    """Return ``default``, changed as the comma-separated ``key=number`` of ``$name`` say.

    :raises MissingSetting: for another key, or what is no number.
    """
    said = pairs(name)
    if odd := [key for key, value in said.items() if key not in default or not value.isdecimal()]:
        keys = ", ".join(f"{key}=NUMBER" for key in default)
        raise MissingSetting(f"{name}: {odd[0]}={said[odd[0]]} means nothing; there is {keys}")
    return default | {key: int(value) for key, value in said.items()}


def path(name: str, default: str) -> Path:
    return Path(text(name, default)).expanduser().resolve()


def for_cron() -> str:
    """Return what a line of a crontab must begin with to find our settings."""
    file = os.environ.get("POMS_ENV_FILE")
    return f"POMS_ENV_FILE={shlex.quote(str(Path(file).resolve()))}" if file else ""


def inherited(*names: str) -> dict[str, str]:
    """Return those of these variables that are set, to hand on to a child."""
    return {name: os.environ[name] for name in names if name in os.environ}


def whole() -> dict[str, str]:
    """Return the whole environment, for the programs that we start."""
    return dict(os.environ)

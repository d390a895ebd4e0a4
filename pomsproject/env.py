"""What the environment says: the only reader of ``os.environ``.

A secret may come from a file instead: ``POMS_SECRET_KEY_FILE`` names one for ``POMS_SECRET_KEY``.
"""

import os
from pathlib import Path


class MissingSetting(Exception):
    """A setting that POMS can't run without isn't in the environment."""


def text(name: str, default: str = "") -> str:
    """Return ``$name``, or what the file ``$name_FILE`` holds, or ``default``."""
    if name in os.environ:
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else default


def required(name: str) -> str:
    value = text(name)
    if not value:
        raise MissingSetting(f"set {name} (or {name}_FILE); docs/reference/settings.md tells more")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of ``$name``."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def path(name: str, default: str) -> Path:
    return Path(text(name, default)).expanduser().resolve()

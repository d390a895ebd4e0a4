"""Small JSON files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Optional

Json = dict[str, Any]


def write(path: Path, content: Json, mode: int = 0o644) -> None:
    """Write ``path``, replacing what was there."""
    draft = _draft(path, content, mode)
    draft.replace(path)


def create(path: Path, content: Json) -> bool:
    """Write ``path`` unless it exists; tell whether this call made it."""
    draft = _draft(path, content, 0o644)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read(path: Path) -> Optional[Json]:
    """Return what the file holds; None when it isn't there (or a power cut emptied it)."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _draft(path: Path, content: Json, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    return draft

"""The batch systems' own commands, and the JSON that they print."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from poms_client.agents.source import CantSee

PATIENCE = 120.0  # seconds


def ask(argv: Sequence[str], patience: float = PATIENCE) -> str:
    """Run a command and return what it prints.

    :raises CantSee: it can't be started, takes too long, or says that it failed.
    """
    try:
        done = subprocess.run(argv, capture_output=True, timeout=patience, stdin=subprocess.DEVNULL)  # noqa: PLW1510 - looked at below
    except subprocess.TimeoutExpired:
        raise CantSee(f"{argv[0]} gave no answer in {patience:.0f} seconds") from None
    except OSError as error:
        raise CantSee(f"{argv[0]} can't be started: {error.strerror}") from None
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()[-500:]
        raise CantSee(f"{argv[0]} failed with exit code {done.returncode}: {why}")
    return done.stdout.decode(errors="replace")


def parsed(text: str, program: str) -> Any:
    """Return the JSON that a command printed.

    :raises CantSee: it isn't whole.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise CantSee(f"{program} printed no whole JSON: {text[:200]!r}") from None

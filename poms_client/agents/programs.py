"""The batch systems' own commands, and the JSON that they print."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from poms_client.agents.source import CantSee

PATIENCE = 120.0  # seconds


def ask(argv: Sequence[str], called: str = "") -> str:
    """Run a command and return what it prints.

    :param called: what problems call it, if not by its own name.
    :raises CantSee: it can't be started, takes too long, or says that it failed.
    """
    name = called or argv[0]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)  # noqa: PLW1510 - looked at below
    except subprocess.TimeoutExpired:
        raise CantSee(f"{name} gave no answer in {PATIENCE:.0f} seconds") from None
    except OSError as error:
        raise CantSee(f"{name} can't be started: {error.strerror}") from None
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()[-500:]
        raise CantSee(f"{name} failed with exit code {done.returncode}: {why}")
    return done.stdout.decode(errors="replace")


def parsed(text: str, program: str) -> Any:
    """Return the JSON that a command printed.

    :raises CantSee: it isn't whole.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise CantSee(f"{program} printed no whole JSON: {text[:200]!r}") from None

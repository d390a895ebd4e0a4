"""Failures that a part survives, as its log tells of them: said once, in plain words."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

RAISED, TRIES_AGAIN = "Traceback (most recent call last)", "trying again"
MANY, WITHIN = 3, 60.0  # looks that find failures, within so many seconds
LONGEST = 200


class Trouble:
    """Listens to a log, and says once when its part fails again and again."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.read_to = 0
        self.failures: deque[float] = deque(maxlen=MANY)
        self.is_said = False

    def look(self, say: Callable[[str], None]) -> None:
        """Read what was written since the last look."""
        lines = self._new_lines()
        now = time.monotonic()
        if any(RAISED in line or TRIES_AGAIN in line for line in lines):
            self.failures.append(now)
        recent = [at for at in self.failures if now - at < WITHIN]
        if not recent:
            self.is_said = False
        if len(recent) == MANY and not self.is_said:
            self.is_said = True
            say(
                f"{self.name} fails again and again, and goes on trying: "
                f'"{_reason(lines)}"; its log is {self.log}'
            )

    def _new_lines(self) -> list[str]:
        """Return the whole lines that are new."""
        with self.log.open("rb") as log:
            log.seek(self.read_to)
            new, newline, _ = log.read().rpartition(b"\n")
        self.read_to += len(new) + len(newline)
        return [line.strip() for line in new.decode(errors="replace").splitlines()]


def _reason(lines: list[str]) -> str:
    """Return what the part says of its failure itself, or else the error that was raised."""
    said = [line for line in lines if TRIES_AGAIN in line] or [line for line in lines if line]
    return said[-1][:LONGEST] if said else "?"

"""How long to leave somebody alone who didn't answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Waiting:
    """Pauses that grow, in seconds; a new one begins with the first pause."""

    pause: float = 0.5
    longest: float = 30.0
    until: float = field(default=float("-inf"))

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def longer(self) -> None:
        self.until = time.monotonic() + self.pause
        self.pause = min(2 * self.pause, self.longest)

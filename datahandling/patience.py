"""How long somebody waits for all that is asked for him, however many questions that takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from datahandling.errors import TooMuch

NEARLY = 0.05  # seconds: a socket's time-out may fire a little early


@dataclass
class Patience:
    """``until``: of time.monotonic; ``pieces``: how many more parts of long lists may be asked for.

    ``otherwise`` says what to do instead.
    """

    time: timedelta
    until: float
    pieces: int
    most_pieces: int
    otherwise: str

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until - NEARLY


_patience: ContextVar[Patience | None] = ContextVar("patience of who waits", default=None)


@contextmanager
def waiting_at_most(wait: timedelta, pieces: int, otherwise: str) -> Iterator[None]:
    """Have all that is asked in here raise TooMuch rather than take longer, or more pieces.

    Within another one, that one counts.
    """
    patience = Patience(wait, time.monotonic() + wait.total_seconds(), pieces, pieces, otherwise)
    token = _patience.set(_patience.get() or patience)
    try:
        yield
    finally:
        _patience.reset(token)


def require_time() -> None:
    """Raise TooMuch if nobody waits any longer."""
    patience = _patience.get()
    if patience is not None and patience.is_over:
        took = f"{patience.time.total_seconds():g} s"
        raise TooMuch(f"this takes longer than {took}. {patience.otherwise}")


def at_the_latest(moment: float) -> float:
    """Return the moment, of time.monotonic, or an earlier one at which nobody waits any longer."""
    patience = _patience.get()
    return moment if patience is None else min(moment, patience.until)


def require_pieces(count: int) -> None:
    """Raise TooMuch, before the first is asked for, if these are more than anybody waits for."""
    patience = _patience.get()
    if patience is None:
        return
    patience.pieces -= count
    if patience.pieces < 0:
        raise TooMuch(
            f"this list is too long: it takes more than {patience.most_pieces} questions. "
            f"{patience.otherwise}"
        )

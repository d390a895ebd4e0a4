"""What a pass does once all decisions are made: figures, and what is on its way, for people.

Bounded, and by the same few threads per service as the decisions: what was begun is waited for, the
rest waits for the next pass.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from submissions import statistics, transfers
from workflow.asking import Asking
from workflow.units import Asked, Unit

AT_MOST = 3.0  # seconds of a pass

FIGURES: Unit[Any] = Unit(statistics.refresh, statistics.waiting, "submission__stage__campaign")


class Do(Protocol):
    """Does a piece of work with a row, and deals with what nobody foresaw."""

    def __call__(self, name: str, work: Callable[[Any], None], row: Any) -> None: ...


def look_around(asking: Asking, do: Do) -> None:
    """Ask for what has waited longest, for a few seconds."""
    end = time.monotonic() + AT_MOST
    while time.monotonic() < end:
        begun = _watch_next(asking, do) or _refresh_next(asking, do)
        if not begun and not asking.wait():
            return


def _refresh_next(asking: Asking, do: Do) -> bool:
    row = FIGURES.claim(but=asking.full)
    if row is not None:
        asking.do(FIGURES.asks(row), partial(do, "figures", FIGURES.do, row))
    return row is not None


def _watch_next(asking: Asking, do: Do) -> bool:
    watch = transfers.claim_next()
    if watch is not None:
        whom = Asked("fts", watch.service.experiment_id)
        asking.do(whom, partial(do, "transfers", transfers.look, watch))
    return watch is not None

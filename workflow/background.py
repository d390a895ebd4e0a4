"""What a pass does once all decisions are made: figures, and what is on its way, for people.

Bounded, and by the same few threads per service as the decisions: what was begun is waited for, but
not for long, the rest waits for the next pass.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from datahandling.patience import waiting_at_most
from submissions import transfers
from submissions.figures import statistics
from workflow.asking import Asking
from workflow.units import Asked, Unit

AT_MOST = 3.0  # seconds of a pass in which something is begun
LONGEST = timedelta(seconds=5)  # that it may take
MOST_PIECES = 50  # questions about parts of one long list
LATER = "It is asked again in a later pass."

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
        asking.do(FIGURES.asks(row), partial(do, "figures", _bounded(FIGURES.do), row))
    return row is not None


def _watch_next(asking: Asking, do: Do) -> bool:
    watch = transfers.claim_next()
    if watch is not None:
        whom = Asked("fts", watch.service.experiment_id)
        asking.do(whom, partial(do, "transfers", _bounded(transfers.look), watch))
    return watch is not None


def _bounded(look: Callable[[Any], None]) -> Callable[[Any], None]:
    """Have what a look asks end in time; it waits for its turn from now on."""
    end = time.monotonic() + LONGEST.total_seconds()

    def look_in_time(row: Any) -> None:
        left = timedelta(seconds=round(max(end - time.monotonic(), 0), 1))
        with waiting_at_most(left, MOST_PIECES, LATER):
            look(row)

    return look_in_time

"""Trying a data service: each of its parts is asked something harmless, for a person to read."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection

from datahandling.errors import Unknown
from datahandling.patience import waiting_at_most
from datahandling.query import QueryError

AT_MOST = timedelta(seconds=15)  # for all parts of a service: somebody waits
OTHERWISE = "It may be there all the same, and slow."


@dataclass(frozen=True)
class Reply:
    """What a part answered.

    Attributes:
        said: one line for a person, such as ``version 4.1.4``.
        identity: who we are to that part; empty where it doesn't ask.
        good_until: when what shows it who we are ends; None where it doesn't, or nobody knows.
    """

    said: str = ""
    identity: str = ""
    good_until: datetime | None = None


@dataclass(frozen=True)
class Trial:
    """How one part of a service was tried; ``reply`` is None where no clear answer came."""

    part: str
    address: str
    took: timedelta
    reply: Reply | None = None
    why_not: str = ""


def try_part(part: str, address: str, ask: Callable[[], Reply]) -> Trial:
    """Ask a part of a service and tell how that went, whatever happens.

    ``ask`` raises Unknown or QueryError where there is no clear answer.
    """
    began = monotonic()
    reply, why_not = None, ""
    try:
        reply = ask()
    except (Unknown, QueryError) as why:
        why_not = str(why)
    return Trial(part, address, timedelta(seconds=monotonic() - began), reply, why_not)


Part = tuple[str, str, Callable[[], Reply]]  # its name, its address, and how it is asked


def try_parts(parts: Sequence[Part]) -> list[Trial]:
    """Ask the parts of a service, all at the same time; how each went, in the same order."""
    with waiting_at_most(AT_MOST, len(parts), OTHERWISE):
        if connection.in_atomic_block:  # other threads wouldn't see what there is
            return [try_part(*part) for part in parts]
        with ThreadPoolExecutor(len(parts)) as threads:
            trying = [threads.submit(copy_context().run, _try_in_thread, part) for part in parts]
        return [trial.result() for trial in trying]


def _try_in_thread(part: Part) -> Trial:
    try:
        return try_part(*part)
    finally:
        connection.close()

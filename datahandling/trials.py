"""Trying a data service: each of its parts is asked something harmless, for a person to read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from datahandling.errors import Unknown
from datahandling.query import QueryError


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

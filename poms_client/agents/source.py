"""What an agent watches: a batch system, or a service that knows about several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from poms_client.api import Json
from poms_client.errors import PomsError


class CantSee(PomsError):
    """There is no answer that could be trusted; nothing is said about any submission."""

    exit_code = 4


@dataclass(frozen=True)
class Look:
    """What was seen.

    :param reports: what to say of submissions, without when and by whom (``reports/``).
    :param problems: what could not be seen.
    :param notes: what people should know, though the agent sees well.
    """

    reports: list[Json] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Source:
    """One thing to watch.

    :ivar name: under which name POMS hears of it; news are compared within a source.
    :ivar every: seconds between two looks.
    :ivar memory: what has to outlast a restart, as JSON; the poller keeps it.
    """

    kind: ClassVar[str]
    tick: ClassVar[float] = 0.5  # seconds; how often it is asked for news

    def __init__(self, name: str, every: float) -> None:
        self.name = name
        self.every = every
        self.memory: Json = {}

    def look(self) -> Look:
        """Ask what there is.

        :raises CantSee: nobody knows; nothing is concluded from that.
        """
        raise NotImplementedError

    def has_news(self) -> bool:
        """Tell whether a look is worth while before its time."""
        return False

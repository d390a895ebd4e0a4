"""Two ways to ask a schedd: HTCondor's Python bindings, and its commands. They answer alike.

The bindings run in a process of their own. A call of theirs keeps all of Python waiting, and one
that reads a history waits for ever for a schedd that stops in the middle.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from poms_client.agents import programs
from poms_client.agents.ads import ATTRIBUTES, Ad, is_ours
from poms_client.agents.source import CantSee

BINDINGS = Path(__file__).with_name("bindings.py")


class Schedds(ABC):
    """:param pool: the collector that knows them; HTCondor's own configuration if empty."""

    name: ClassVar[str]

    def __init__(self, pool: str = "") -> None:
        self._pool = pool

    def queue(self, schedd: str, constraint: str) -> list[Ad]:
        """Return the ads of all jobs in a schedd's queue that meet the constraint.

        :param schedd: its name; an empty one is the local schedd.
        :raises CantSee: that is not known.
        """
        said = self._ask_queue(schedd, constraint).strip()
        return _ours(said or "[]", "condor_q")  # which prints nothing when nothing matches

    def history(self, schedd: str, constraint: str, stop: str) -> list[Ad]:
        """Return the same of its history, read from its end to the first job that meets ``stop``.

        :raises CantSee: that is not known.
        """
        return _ours(self._ask_history(schedd, constraint, stop), "condor_history")

    def newest(self, schedd: str) -> str:
        """Return the ``GlobalJobId`` of whatever left a schedd last; an empty one if nothing did.

        :raises CantSee: that is not known.
        """
        ads = _ads(self._ask_newest(schedd), "condor_history")
        return str(ads[0].get("GlobalJobId", "")) if ads else ""

    @abstractmethod
    def _ask_queue(self, schedd: str, constraint: str) -> str: ...

    @abstractmethod
    def _ask_history(self, schedd: str, constraint: str, stop: str) -> str: ...

    @abstractmethod
    def _ask_newest(self, schedd: str) -> str: ...


class Commands(Schedds):
    """``condor_q`` and ``condor_history``."""

    name = "commands"

    def _ask_queue(self, schedd: str, constraint: str) -> str:
        return self._ask(["condor_q", "-allusers"], schedd, constraint)

    def _ask_history(self, schedd: str, constraint: str, stop: str) -> str:
        return self._ask(["condor_history", "-since", stop], schedd, constraint)

    def _ask_newest(self, schedd: str) -> str:
        return self._ask(["condor_history", "-limit", "1"], schedd, "true")

    def _ask(self, command: Sequence[str], schedd: str, constraint: str) -> str:
        to = ["-pool", self._pool] if self._pool else []
        at = ["-name", schedd] if schedd else []
        wanted = ["-constraint", constraint, "-json", "-attributes", ",".join(ATTRIBUTES)]
        return programs.ask([*command, *to, *at, *wanted])


class Bindings(Schedds):
    """``htcondor2`` of the package ``htcondor``; HTCondor itself needs not be installed."""

    name = "bindings"

    def _ask_queue(self, schedd: str, constraint: str) -> str:
        return self._ask("queue", schedd, constraint, "")

    def _ask_history(self, schedd: str, constraint: str, stop: str) -> str:
        return self._ask("history", schedd, constraint, stop)

    def _ask_newest(self, schedd: str) -> str:
        return self._ask("newest", schedd, "true", "")

    def _ask(self, *question: str) -> str:
        asked = [sys.executable, str(BINDINGS), self._pool, *question, *ATTRIBUTES]
        return programs.ask(asked, called=f"htcondor2's {question[0]}")


KINDS: dict[str, type[Schedds]] = {kind.name: kind for kind in (Bindings, Commands)}


def best() -> str:
    """Return the name of the way to prefer: the bindings where they are installed."""
    return (Bindings if find_spec("htcondor2") else Commands).name


def _ours(said: str, program: str) -> list[Ad]:
    return [ad for ad in _ads(said, program) if is_ours(ad)]


def _ads(said: str, program: str) -> list[Ad]:
    ads: Any = programs.parsed(said, program)
    if not isinstance(ads, list) or not all(isinstance(ad, dict) for ad in ads):
        raise CantSee(f"{program} printed something else than a list of job ads")
    return ads

"""HTCondor as a source: the queue and the history of some schedds, by the commands.

Absence proves nothing: ``condor_q`` prints nothing, with exit code 0, when nothing matches. That a
job ended is read from the history only, and a schedd that didn't answer both questions, whole,
says nothing this time (HTCondor 23 manual, *condor_q*, *condor_history*).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

from poms_client.agents import programs
from poms_client.agents.ads import ATTRIBUTES, Ad, is_ours, job_of
from poms_client.agents.source import CantSee, Look, Source
from poms_client.agents.tally import Job
from poms_client.agents.watched import Watched

EVERY = 60.0
TAGGED = "POMS4_SUBMISSION_ID =!= undefined"


class CondorSource(Source):
    """:param schedds: their names; none of them asks the local one.

    :param constraint: a ClassAd expression that jobs have to meet, beside being POMS's.
    """

    kind = "condor"

    def __init__(
        self,
        schedds: Sequence[str] = (),
        pool: str = "",
        constraint: str = "",
        every: float = EVERY,
    ) -> None:
        super().__init__(f"condor@{pool or socket.gethostname()}", every)
        self._places = list(schedds) or [""]
        self._to = ["-pool", pool] if pool else []
        self._tagged = f"{TAGGED} && ({constraint})" if constraint else TAGGED

    def look(self) -> Look:
        started = time.time()
        watched = Watched(self.memory, started)
        jobs: list[Job] = []
        silent: dict[str, str] = {}
        for place in self._places:
            try:
                jobs += self._jobs(place, watched, started)
            except CantSee as error:  # noqa: PERF203 - each is asked on its own
                silent[place] = f"schedd {place or 'here'}: {error}"
        if len(silent) == len(self._places):
            raise CantSee("; ".join(silent.values()))
        look = watched.look(jobs, self._places, silent, started)
        self.memory = watched.as_json()
        return look

    def _jobs(self, place: str, watched: Watched, now: float) -> list[Job]:
        """Return the jobs of one schedd that are in its queue, or in what is read of its history.

        The queue comes first: a job that leaves it between the questions is in both answers, and
        its history counts.
        """
        queue = [job_of(ad, place, left=False) for ad in self._queue(place)]
        history = self._history(place, watched.since(place, queue, now))
        left = [job_of(ad, place, left=True) for ad in history]
        return list({job.id: job for job in [*queue, *left]}.values())

    def _queue(self, place: str) -> list[Ad]:
        said = programs.ask(["condor_q", *self._at(place), "-allusers", *self._wanted()])
        return _ads(said, "condor_q") if said.strip() else []

    def _history(self, place: str, since: float) -> list[Ad]:
        """Ask for what left the queue since then.

        Jobs leave it in the order of their last change of status, but for those kept in it for
        their output; the search doesn't stop at one of these.
        """
        stop = (
            f"EnteredCurrentStatus < {int(since)} && StageInFinish =?= undefined"
            " && LeaveJobInQueue =!= true"
        )
        asked = ["condor_history", *self._at(place), "-since", stop, *self._wanted()]
        return _ads(programs.ask(asked), "condor_history")

    def _at(self, place: str) -> list[str]:
        return [*self._to, *(["-name", place] if place else [])]

    def _wanted(self) -> list[str]:
        return ["-constraint", self._tagged, "-json", "-attributes", ",".join(ATTRIBUTES)]


def _ads(said: str, program: str) -> list[Ad]:
    ads: Any = programs.parsed(said, program)
    if not isinstance(ads, list) or not all(isinstance(ad, dict) for ad in ads):
        raise CantSee(f"{program} printed something else than a list of job ads")
    return [ad for ad in ads if is_ours(ad)]

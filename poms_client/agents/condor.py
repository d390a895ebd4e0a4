"""HTCondor as a source: the queue and the history of some schedds.

Absence proves nothing: ``condor_q`` prints nothing, with exit code 0, when nothing matches. That a
job ended is read from the history only, and a schedd that didn't answer both questions, whole,
says nothing this time (HTCondor 23 manual, *condor_q*, *condor_history*).
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence

from poms_client.agents import schedds
from poms_client.agents.ads import job_of
from poms_client.agents.source import CantSee, Look, Source
from poms_client.agents.tally import Job
from poms_client.agents.watched import Watched
from poms_client.systems.condor import older_than

EVERY = 60.0
# Jobs that are spooled stay in the queue for 10 days at most, unless they say something else.
KEPT_FOR_OUTPUT = 30 * 86400.0  # seconds
CHANGED = "EnteredCurrentStatus"
TAGGED = "POMS4_SUBMISSION_ID =!= undefined"


class CondorSource(Source):
    """:param names: of the schedds; none of them asks the local one.

    :param constraint: a ClassAd expression that jobs have to meet, beside being POMS's.

    :param by: how they are asked, a name in ``schedds.KINDS``.
    """

    kind = "condor"

    def __init__(
        self,
        names: Sequence[str] = (),
        pool: str = "",
        constraint: str = "",
        by: str = "commands",
        every: float = EVERY,
    ) -> None:
        super().__init__(f"condor@{pool or socket.gethostname()}", every)
        self._places = list(names) or [""]
        self._schedds = schedds.KINDS[by](pool)
        self._tagged = f"{TAGGED} && ({constraint})" if constraint else TAGGED

    def look(self) -> Look:
        started = time.time()
        watched = Watched(self.memory, started)
        newest: dict[str, str] = dict(self.memory.get("newest", {}))
        jobs: list[Job] = []
        silent: dict[str, str] = {}
        for place in self._places:
            try:
                jobs += self._jobs(place, watched, newest, started)
            except CantSee as error:  # noqa: PERF203 - each is asked on its own
                silent[place] = f"schedd {place or 'here'}: {error}"
        if len(silent) == len(self._places):
            raise CantSee("; ".join(silent.values()))
        look = watched.look(jobs, self._places, silent, started)
        self.memory = {**watched.as_json(), "newest": newest}
        return look

    def _jobs(self, place: str, watched: Watched, newest: dict[str, str], now: float) -> list[Job]:
        """Return the jobs of one schedd that are in its queue, or in what is read of its history.

        The queue comes before the history: a job that leaves it between the questions is in both
        answers, and its history counts. What comes and leaves after the queue was asked is read
        again at the next look, which knows the rest of its submission.

        :param newest: what had left each schedd last at the look before, to stop reading there; set
            to what has now. Where the history has it no more, times have to do.
        """
        last, read = newest.get(place), self._schedds.newest(place)
        queue = [job_of(ad, place, left=False) for ad in self._schedds.queue(place, self._tagged)]
        since = watched.since(place, queue, now)
        stop = f"({older_than(since)}) || {CHANGED} < {int(since - KEPT_FOR_OUTPUT)}"
        if last and watched.wants_news_only(place):
            stop += f" || GlobalJobId =?= {json.dumps(last)}"
        history = self._schedds.history(place, self._tagged, stop)
        left = [job_of(ad, place, left=True) for ad in history]
        newest[place] = read
        return list({job.id: job for job in [*queue, *left]}.values())

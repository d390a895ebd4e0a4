"""The submissions of a batch system, remembered from look to look.

How many jobs a submission has is known best from the past: a job that was seen once and is nowhere
now did not end, it is out of sight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from poms_client.agents.source import Look
from poms_client.agents.tally import Job, are_queued, by_submission, report
from poms_client.api import Json

OVERLAP = 600.0  # seconds by which the clocks of a batch system and the agent may differ
FIRST_LOOK_BACK = 2 * 86400.0  # seconds
KEPT = 30 * 86400.0  # seconds for which a submission that is over is remembered


class Known:
    """What is remembered of one submission.

    :ivar clusters: the most jobs ever seen, or announced, of each.
    :ivar since: when its oldest job was submitted, seconds since the epoch.
    :ivar places: who was asked about its jobs.
    """

    def __init__(self, kept: Json) -> None:
        self.clusters: dict[str, int] = kept.get("clusters", {})
        self.since: float = kept.get("since", float("inf"))
        self.places: list[str] = kept.get("places", [])
        self.over: bool = kept.get("over", False)
        self.seen: float = kept.get("seen", 0.0)

    @property
    def jobs(self) -> int:
        return sum(self.clusters.values())

    def take(self, jobs: Iterable[Job], now: float) -> None:
        self.seen = now
        counted: Counter[str] = Counter()
        for job in jobs:
            self.since = min(self.since, job.since)
            if job.place not in self.places:
                self.places.append(job.place)
            if not job.leads:
                counted[job.cluster] += job.count
                most = max(self.clusters.get(job.cluster, 0), job.of_cluster, counted[job.cluster])
                self.clusters[job.cluster] = most


class Watched:
    """:param memory: ``{"looked": {place: when}, "known": {submission: …}}``, as kept before."""

    def __init__(self, memory: Json) -> None:
        self._looked: dict[str, float] = dict(memory.get("looked", {}))
        self._known = {int(key): Known(kept) for key, kept in memory.get("known", {}).items()}

    def as_json(self) -> Json:
        known = {str(key): vars(its) for key, its in self._known.items()}
        return {"looked": self._looked, "known": known}

    def since(self, place: str, now: float) -> float:
        """Return how far back the history of a place has to be read.

        To the last look there, and to the oldest job of whatever isn't over.
        """
        open_ones = [its for its in self._known.values() if not its.over and place in its.places]
        looked = self._looked.get(place, now - FIRST_LOOK_BACK)
        return min([looked, *(its.since for its in open_ones)]) - OVERLAP

    def look(
        self,
        jobs: Iterable[Job],
        places: Sequence[str],
        silent: Mapping[str, str],
        now: float,
    ) -> Look:
        """Return what to say after all places were asked.

        :param silent: which of them gave no answer, and why.
        """
        self._looked.update({place: now for place in places if place not in silent})
        seen = by_submission(jobs)
        reports = []
        for submission, its_jobs in seen.items():
            content = self._report(submission, its_jobs, silent, now)
            if content is not None:
                reports.append(content)
        told = {content["submission_id"] for content in reports}
        missing = [
            f"submission {submission}: some of its jobs are neither in the queue nor in the history"
            for submission, its in self._known.items()
            if not its.over and submission not in told and not silent.keys() & set(its.places)
        ]
        self._known = {
            key: its for key, its in self._known.items() if not its.over or its.seen > now - KEPT
        }
        return Look(reports, list(silent.values()), missing)

    def _report(
        self, submission: int, jobs: list[Job], silent: Mapping[str, str], now: float
    ) -> Optional[Json]:
        """Return what to say of one submission, if anything.

        Nothing is said while a part of its jobs is out of sight. Of what is over, or was before
        this agent, the history still shows a part: that is no news.
        """
        its = self._known.get(submission, Known({}))
        queued = are_queued(jobs)
        if silent.keys() & set(its.places) or (its.over and not queued):
            return None
        its.take(jobs, now)
        content = report(submission, jobs, its.jobs)
        if content is None:
            return None
        its.over = not queued
        self._known[submission] = its
        return content

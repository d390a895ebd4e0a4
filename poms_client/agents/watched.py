"""The submissions of a batch system, remembered from look to look.

How many jobs a submission has is known best from the past: a job that was seen once and is nowhere
now did not end, it is out of sight. What was read of the history is kept until the submission is
over, so that each look reads what is new and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from poms_client.agents.known import Known
from poms_client.agents.source import Look
from poms_client.agents.tally import QUEUED, Job, are_queued, by_submission, report
from poms_client.api import Json

OVERLAP = 600.0  # seconds by which the clocks of a batch system and the agent may differ
FIRST_LOOK_BACK = 2 * 86400.0  # seconds
KEPT = 30 * 86400.0  # seconds for which a submission that is over is remembered


class Watched:
    """:param memory: ``{"looked": {place: when}, "known": {submission: …}}``, as kept before."""

    def __init__(self, memory: Json, now: float) -> None:
        self._looked: dict[str, float] = dict(memory.get("looked", {}))
        self._known = {int(key): Known(said, now) for key, said in memory.get("known", {}).items()}
        self._read_to: dict[str, float] = {}

    def as_json(self) -> Json:
        known = {str(key): its.as_json() for key, its in self._known.items()}
        return {"looked": self._looked, "known": known}

    @property
    def _open(self) -> dict[int, Known]:
        return {key: its for key, its in self._known.items() if not its.over}

    def since(self, place: str, jobs: Iterable[Job], now: float) -> float:
        """Return how far back the history of a place has to be read.

        To the last look there; once to the oldest job of what is new, or has jobs again.

        :param jobs: what is in the queue there.
        """
        looked = self._looked.get(place, now - FIRST_LOOK_BACK)
        unread = [
            its.since
            for its in self._open.values()
            if place in its.places and place not in its.read
        ]
        for job in jobs:
            its = self._known.get(job.submission)
            if job.state in QUEUED and (its is None or place not in its.read):
                unread.append(min(job.since, its.since if its else job.since))
        self._read_to[place] = min([looked, *unread]) - OVERLAP
        return self._read_to[place]

    def wants_news_only(self, place: str) -> bool:
        """Tell whether what left a place before the last look there was all read then."""
        looked = self._looked.get(place)
        return looked is not None and self._read_to[place] == looked - OVERLAP

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
        for submission in {**seen, **self._open}:
            content = self._report(submission, seen.get(submission, []), silent, now)
            if content is not None:
                reports.append(content)
        told = {content["submission_id"] for content in reports}
        missing = [
            f"submission {submission}: some of its jobs are neither in the queue nor in the history"
            for submission, its in self._open.items()
            if submission not in told and not silent.keys() & set(its.places)
        ]
        self._known = {
            key: its for key, its in self._known.items() if not its.over or its.seen > now - KEPT
        }
        return Look(reports, list(silent.values()), missing)

    def _report(
        self, submission: int, seen: list[Job], silent: Mapping[str, str], now: float
    ) -> Optional[Json]:
        """Return what to say of one submission, if anything.

        Nothing is said while a part of its jobs is out of sight. Of what is over, or was before
        this agent, the history still shows a part: that is no news.
        """
        its = self._known.get(submission) or Known({}, now)
        if its.over and not are_queued(seen):
            return None
        its.over = False
        jobs = its.keep(seen)
        if silent.keys() & set(its.places):
            return None
        its.take(jobs, now)
        its.read += [at for at in its.places if self._reaches(at, its)]
        queued = are_queued(jobs)
        whole = queued or (bool(jobs) and its.has_leaders(jobs))
        content = report(submission, jobs, its.jobs) if whole else None
        if content is None:
            its.lacks_jobs(now)
            return None
        self._known[submission] = its
        if not queued:
            its.end()
        return content

    def _reaches(self, place: str, its: Known) -> bool:
        """Tell whether the history of a place was read back to its oldest job just now."""
        return place not in its.read and self._read_to.get(place, its.since) <= its.since

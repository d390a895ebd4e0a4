"""One submission of a batch system, as it is remembered from look to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from poms_client.agents import kept
from poms_client.agents.tally import Job
from poms_client.api import Json

READ_AGAIN = 3600.0  # seconds


class Known:
    """:ivar clusters: the most jobs ever seen, or announced, of each.
    :ivar leaders: ids of what submits them (DAGMan).
    :ivar since: when its oldest job was submitted, seconds since the epoch.
    :ivar places: who was asked about its jobs.
    :ivar read: the places whose history was read back to its oldest job, so that what is new there
        is all that is missing.
    :ivar read_at: when all of it was last read, or when it was first seen.
    :ivar left: its jobs in the history, by their ids, until it is over.
    """

    def __init__(self, said: Json, now: float) -> None:
        self.clusters: dict[str, int] = said.get("clusters", {})
        self.leaders: list[str] = said.get("leaders", [])
        self.since: float = said.get("since", float("inf"))
        self.places: list[str] = said.get("places", [])
        self.over: bool = said.get("over", False)
        self.seen: float = said.get("seen", now)
        self.read: list[str] = said.get("read", [])
        self.read_at: float = said.get("read_at", now)
        self.left: dict[str, Job] = kept.unpacked(said.get("left", []))

    def as_json(self) -> Json:
        return {**vars(self), "left": kept.packed(self.left)}

    @property
    def jobs(self) -> int:
        return sum(self.clusters.values())

    def keep(self, jobs: Iterable[Job]) -> list[Job]:
        """Keep what has left, and return all there is: what was kept before, too."""
        found = {**self.left, **{job.id: job for job in jobs}}
        self.left = {key: job for key, job in found.items() if job.left}
        return list(found.values())

    def take(self, jobs: Iterable[Job], now: float) -> None:
        self.seen = now
        counted: Counter[str] = Counter()
        for job in jobs:
            self.since = min(self.since, job.since)
            if job.place not in self.places:
                self.places.append(job.place)
            if job.leads:
                self.leaders = sorted({*self.leaders, job.id})
            else:
                counted[job.cluster] += job.count
                most = max(self.clusters.get(job.cluster, 0), job.of_cluster, counted[job.cluster])
                self.clusters[job.cluster] = most

    def has_leaders(self, jobs: Iterable[Job]) -> bool:
        return {job.id for job in jobs}.issuperset(self.leaders)

    def lacks_jobs(self, now: float) -> None:
        """Have all of it read again, now and then: the history may have got what it lacked."""
        if now - self.read_at > READ_AGAIN:
            self.read, self.read_at = [], now

    def end(self) -> None:
        self.over, self.read, self.left = True, [], {}

"""The local batch as a source: what its daemon writes down."""

from __future__ import annotations

from typing import Optional

from poms_client.agents.source import Look, Source
from poms_client.agents.status import Jobs, status
from poms_client.api import Json
from poms_client.batch.cluster import Cluster
from poms_client.batch.directory import BatchDirectory, source
from poms_client.batch.starting import ensure_daemon

LOOK_ANYWAY = 5.0  # seconds, without being told: a daemon may have died


class LocalSource(Source):
    kind = "local"
    tick = 0.1  # one small file is read while nothing changes

    def __init__(self, directory: BatchDirectory) -> None:
        super().__init__(source(), LOOK_ANYWAY)
        self.directory = directory
        self._over: set[str] = set()
        self._seen: Optional[str] = None

    def has_news(self) -> bool:
        return self.directory.changed() != self._seen

    def look(self) -> Look:
        """Read what is new, and see that the daemon runs while there is work for it."""
        self._seen = self.directory.changed()
        reports = []
        working = False
        for name in self.directory.names():
            if name in self._over:
                continue
            cluster = self.directory.cluster(name)
            if cluster is None:
                continue
            summary = cluster.summary()
            if summary["over"]:
                self._over.add(name)
            working = working or not summary["over"]
            if cluster.submission is not None:
                reports.append(report(cluster, summary))
        if working and not self.directory.wake() and not ensure_daemon(self.directory):
            return Look(reports, [f"no batch daemon starts; see {self.directory.root}/daemon.log"])
        return Look(reports)


def report(cluster: Cluster, summary: Json) -> Json:
    """Say about a cluster what POMS wants to hear, without when and by whom."""
    jobs = Jobs(
        submitted=summary["submitted"],
        idle=summary["idle"],
        running=summary["running"],
        held=summary["held"],
        completed=summary["completed"],
        failed=summary["failed"],
        cancelled=summary["removed"],
    )
    counts = {**jobs.as_dict(), "by_exit_code": summary.get("by_exit_code", {})}
    if summary.get("wall"):
        counts["efficiency"] = round(summary["cpu"] / summary["wall"], 3)
    return {
        "submission_id": cluster.submission,
        "jobsub_job_id": cluster.id,
        "status": status(jobs, summary.get("removal") or "Removed") or "",
        "pct_complete": jobs.pct_complete,
        "jobs": counts,
        **cluster.project_said,
    }

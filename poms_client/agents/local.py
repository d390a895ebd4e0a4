"""The agent of the local batch: reports what the daemon writes down, each change once.

Its only memory is what it has sent. Started again it sends the state of every submission once
more, which POMS answers with "unchanged".
"""

from __future__ import annotations

import itertools
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Optional

from poms_client.agents.status import Jobs, status
from poms_client.api import Api, Json
from poms_client.batch.cluster import Cluster
from poms_client.batch.directory import BatchDirectory, source
from poms_client.batch.starting import ensure_daemon
from poms_client.errors import PomsError

LOOK_EVERY = 0.1  # seconds; a look reads one small file while nothing changes
LOOK_ANYWAY = 5.0  # without being told: a daemon may have died
AT_ONCE = 1000  # reports in one request
LONGEST_PAUSE = 30.0

log = logging.getLogger("poms.agent.local")


@dataclass
class Waiting:
    """How long to leave POMS alone after it didn't answer."""

    pause: float = 0.5
    until: float = field(default=float("-inf"))

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def longer(self) -> None:
        self.until = time.monotonic() + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


class LocalAgent:
    def __init__(self, directory: BatchDirectory, api: Api) -> None:
        self.directory = directory
        self.api = api
        self.source = source()
        self.sent: dict[int, Json] = {}
        self.unsent: dict[int, Json] = {}
        self.over: set[str] = set()
        self.waiting = Waiting()

    def run(self) -> None:
        """Look and send for ever."""
        seen: Optional[str] = None
        looked_at = float("-inf")
        while True:
            changed = self.directory.changed()
            if changed != seen or time.monotonic() > looked_at + LOOK_ANYWAY:
                seen, looked_at = changed, time.monotonic()
                self.look()
            if self.unsent and self.waiting.is_over:
                self.send()
            time.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Note what is new, and see that the daemon runs while there is work for it."""
        working = False
        for name in self.directory.names():
            if name in self.over:
                continue
            cluster = self.directory.cluster(name)
            if cluster is None:
                continue
            summary = cluster.summary()
            if summary["over"]:
                self.over.add(name)
            working = working or not summary["over"]
            if cluster.submission is not None:
                self._note(cluster.submission, report(cluster, summary))
        if working and not self.directory.wake() and not ensure_daemon(self.directory):
            log.error("no batch daemon starts; see %s/daemon.log", self.directory.root)

    def _note(self, submission: int, found: Json) -> None:
        latest = self.unsent.get(submission, self.sent.get(submission))
        if found != latest:
            self.unsent[submission] = found

    def send(self) -> bool:
        """Send what wasn't sent; return False when POMS took none or not all of it."""
        observed = datetime.now(timezone.utc).isoformat()
        while self.unsent:
            batch = dict(itertools.islice(self.unsent.items(), AT_ONCE))
            said = {"observed_at": observed, "source": self.source}
            try:
                outcomes = self.api.report([{**content, **said} for content in batch.values()])
            except PomsError as error:
                self.waiting.longer()
                log.warning("%d reports wait: %s", len(self.unsent), error)
                return False
            for outcome in outcomes:
                if outcome.get("outcome") == "invalid":
                    log.error("POMS can't make sense of a report: %s", outcome)
            self.waiting = Waiting()
            self.sent.update(batch)
            for submission in batch:
                del self.unsent[submission]
        return True


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
        "status": status(jobs, summary.get("removal") or "Removed"),
        "pct_complete": jobs.pct_complete,
        "jobs": counts,
        **cluster.project_said,
    }

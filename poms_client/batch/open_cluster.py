"""A cluster that isn't over yet, as the daemon holds it: which job is where, what to do next."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Optional

from poms_client.batch import files
from poms_client.batch.cluster import STATES, Cluster, Job
from poms_client.batch.files import Json
from poms_client.crash import point

Runner = subprocess.Popen[bytes]


@dataclass
class RunningJob:
    """A job that was given to a runner; ``runner`` is None when an earlier daemon did so."""

    job: Job
    runner: Optional[Runner] = None
    stopped: bool = False
    kill_at: Optional[float] = None


class OpenCluster:
    """One cluster at work. Only the daemon has these, and there is one daemon."""

    def __init__(self, cluster: Cluster, grace: float) -> None:
        self.cluster = cluster
        self.grace = grace
        self.running: dict[int, RunningJob] = {}
        self.over: dict[int, Json] = {}
        for number in cluster.touched_jobs():
            self._take_up(number)
        settled = self.running.keys() | self.over.keys()
        self.idle = deque(n for n in range(cluster.jobs) if n not in settled)

    def _take_up(self, number: int) -> None:
        job = self.cluster.job(number)
        claim = job.claim()
        if claim is not None and job.exit() is None:
            claim.signal(signal.SIGCONT)  # it may have been released while nobody looked
            self.running[number] = RunningJob(job)
        elif (ended := job.exit()) is not None:
            self.over[number] = ended

    # --- one look ---

    def look(self) -> None:
        """Notice what ended, and obey what was asked."""
        for number, running in list(self.running.items()):
            if (ended := _ended(running)) is not None:
                point("daemon-job-over")
                self.over[number] = ended
                del self.running[number]
        removal = self.cluster.removal()
        if removal is not None:
            self._remove()
        else:
            self._hold(self.cluster.is_held)

    def _remove(self) -> None:
        while self.idle:
            number = self.idle.popleft()
            job = self.cluster.job(number)
            if job.withdraw("removed", "removed before it started"):
                self.over[number] = job.exit() or {}
            else:
                self.running[number] = RunningJob(job)
        for running in self.running.values():
            _kill(running, self.grace)

    def _hold(self, held: bool) -> None:
        for running in self.running.values():
            claim = running.job.claim()
            if claim is not None and running.stopped is not held:
                claim.signal(signal.SIGSTOP if held else signal.SIGCONT)
                running.stopped = held

    # --- starting ---

    @property
    def may_start(self) -> bool:
        return bool(self.idle) and not self.cluster.is_held and self.cluster.removal() is None

    @property
    def slots_used(self) -> int:
        return sum(not running.stopped for running in self.running.values())

    def next_job(self) -> int:
        return self.idle.popleft()

    def started(self, number: int, runner: Runner) -> None:
        self.running[number] = RunningJob(self.cluster.job(number), runner)

    # --- what to tell ---

    @property
    def is_over(self) -> bool:
        return not self.idle and not self.running

    def summary(self) -> Json:
        """Count the jobs by state, exit code and time used (seconds)."""
        ended = self.over.values()
        states = Counter(str(end.get("state", "failed")) for end in ended)
        codes = Counter(str(end["code"]) for end in ended if end.get("code") is not None)
        removal = self.cluster.removal()
        held = self.cluster.is_held and removal is None
        stopped = sum(running.stopped for running in self.running.values())
        return {
            "submitted": self.cluster.jobs,
            **{state: states[state] for state in STATES},
            "idle": 0 if held else len(self.idle),
            "running": len(self.running) - stopped,
            "held": stopped + (len(self.idle) if held else 0),
            "by_exit_code": dict(codes),
            "wall": round(sum(end.get("wall", 0.0) for end in ended), 3),
            "cpu": round(sum(end.get("cpu", 0.0) for end in ended), 3),
            "removal": removal["called"] if removal else None,
            "over": self.is_over,
        }


def _ended(running: RunningJob) -> Optional[Json]:
    """Return how the job ended; None while it goes on."""
    job = running.job
    claim = job.claim()
    if claim is None:
        if running.runner is None or running.runner.poll() is None:
            return None  # its runner is just starting
        if job.claim() is None:
            job.withdraw("failed", "its runner ended before the job began; see daemon.log")
        return job.exit()
    alive = claim.runner.is_alive()
    ended = job.exit()  # read after that: a runner writes it before it goes
    if ended is None and not alive:
        claim.signal(signal.SIGKILL)
        job.end("failed", "lost: its runner was killed")
        ended = job.exit()
    return ended


def _kill(running: RunningJob, grace: float) -> None:
    """Ask the job to end, and end it once the time of grace is over."""
    claim = running.job.claim()
    if claim is None:
        return  # the next look
    if running.kill_at is None:
        (running.job.path / "removed").touch()
        running.kill_at = time.monotonic() + grace
        claim.signal(signal.SIGTERM)
        claim.signal(signal.SIGCONT)
        running.stopped = False
    elif time.monotonic() >= running.kill_at:
        claim.signal(signal.SIGKILL)


def close(opened: OpenCluster) -> None:
    """Write the last word about the cluster, after which nobody looks at its jobs again."""
    write_summary(opened.cluster, {**opened.summary(), "closed": time.time()})


def write_summary(cluster: Cluster, summary: Json) -> None:
    point("daemon-before-summary")
    files.write(cluster.path / "summary.json", summary)

"""Slurm as a source: ``squeue`` and ``sacct``, by their JSON.

The comment of a job says whose it is, ``POMS4_SUBMISSION_ID=1234``. Versions differ in how they
write states and numbers (22.05: ``"RUNNING"`` and ``5``; since 23.11: ``["RUNNING"]`` and
``{"set": true, "number": 5}``); both are read. Without accounting (``sacct``) an end is seen only
while ``squeue`` still shows it, for slurm.conf's ``MinJobAge``.
"""

from __future__ import annotations

import re
import socket
import time
from typing import Any, Optional

from poms_client.agents import programs
from poms_client.agents.source import CantSee, Look, Source
from poms_client.agents.spelling import submission_in
from poms_client.agents.tally import Job
from poms_client.agents.watched import Watched
from poms_client.api import Json

EVERY = 60.0
FAILED = ("FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "PREEMPTED")
STATES = {
    **dict.fromkeys(FAILED, "failed"),
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
    "REVOKED": "cancelled",
    "PENDING": "idle",
    "SPECIAL_EXIT": "held",
    "REQUEUE_HOLD": "held",
}  # all others are on their way: RUNNING, COMPLETING, SUSPENDED, …
HELD = re.compile("held", re.IGNORECASE)
RANGE = re.compile(r"(\d+)(?:-(\d+)(?::(\d+))?)?$")


class SlurmSource(Source):
    """:param accounting: whether to ask ``sacct``, which needs slurmdbd."""

    kind = "slurm"

    def __init__(self, accounting: bool = True, every: float = EVERY) -> None:
        super().__init__(f"slurm@{socket.gethostname()}", every)
        self._accounting = accounting

    def look(self) -> Look:
        """Ask for the queue, then for the accounts, whose word counts for what has ended."""
        started = time.time()
        watched = Watched(self.memory)
        jobs = {
            str(job["job_id"]): job_of(job) for job in _jobs(["squeue", "--states=all", "--json"])
        }
        if self._accounting:
            since = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(watched.since("", started)))
            accounts = _jobs(["sacct", "--json", "--allusers", "--starttime", since])
            for entry in accounts:
                job = job_of(entry)
                if job is not None and job.state in ("completed", "failed", "cancelled"):
                    jobs[str(entry["job_id"])] = job
        look = watched.look([job for job in jobs.values() if job], [""], {}, started)
        self.memory = watched.as_json()
        return look


def _jobs(argv: list[str]) -> list[Json]:
    said = programs.parsed(programs.ask(argv), argv[0])
    jobs = said.get("jobs") if isinstance(said, dict) else None
    if not isinstance(jobs, list):
        raise CantSee(f"{argv[0]} printed no list of jobs")
    if said.get("errors"):
        raise CantSee(f"{argv[0]} printed errors: {str(said['errors'])[:300]}")
    return [job for job in jobs if isinstance(job, dict) and "job_id" in job]


def job_of(entry: Json) -> Optional[Job]:
    """Return the job, or the array of waiting jobs, that an entry describes; None: not ours."""
    submission = submission_in(_comment(entry))
    if submission is None:
        return None
    state, reason = _state(entry)
    return Job(
        submission=submission,
        cluster=f"{_lead(entry)}@{entry.get('cluster') or 'slurm'}",
        state=state,
        count=_waiting(entry),
        code=_code(entry, state),
        wall=_seconds(entry, "elapsed"),
        cpu=_cpu(entry),
        held_for=reason if state == "held" else "",
        since=_seconds(entry, "submission") or _number(entry.get("submit_time")) or float("inf"),
    )


def _comment(entry: Json) -> str:
    said = entry.get("comment")
    return str(said.get("job") or "") if isinstance(said, dict) else str(said or "")


def _state(entry: Json) -> tuple[str, str]:
    """Return the job's state in our words, and Slurm's reason for it."""
    said = entry.get("state", entry.get("job_state"))
    reason = str(entry.get("state_reason") or "")
    if isinstance(said, dict):
        reason = str(said.get("reason") or "")
        said = said.get("current")
    words = [str(word) for word in (said if isinstance(said, list) else [said])]
    states = [STATES[word] for word in words if word in STATES]
    state = states[0] if states else "running"
    return ("held" if state == "idle" and HELD.search(reason) else state), reason


def _lead(entry: Json) -> int:
    array = entry.get("array")
    said = array.get("job_id") if isinstance(array, dict) else entry.get("array_job_id")
    return int(_number(said)) or int(entry["job_id"])


def _waiting(entry: Json) -> int:
    """Return how many tasks of an array an entry stands for: those that wait are one entry."""
    array = entry.get("array")
    said = array.get("task") if isinstance(array, dict) else entry.get("array_task_string")
    numbers = str(said or "").partition("%")[0].strip("[]")
    ranges = [RANGE.match(part) for part in numbers.split(",")]
    return (
        sum(len(range(int(r[1]), int(r[2] or r[1]) + 1, int(r[3] or 1))) for r in ranges if r) or 1
    )


def _code(entry: Json, state: str) -> str:
    """Return how the job ended: its exit code, its signal, or Slurm's word for it."""
    if state not in ("completed", "failed"):
        return ""
    said = entry.get("exit_code")
    if not isinstance(said, dict):  # as wait(2) gives it
        number = int(_number(said))
        return f"signal {number & 127}" if number & 127 else str(number >> 8)
    signal = said.get("signal")
    if isinstance(signal, dict):
        signal = signal.get("id", signal.get("signal_id"))
    number = int(_number(signal))
    return f"signal {number}" if number else str(int(_number(said.get("return_code"))))


def _seconds(entry: Json, name: str) -> float:
    times = entry.get("time")
    return _number(times.get(name)) if isinstance(times, dict) else 0.0


def _cpu(entry: Json) -> float:
    times = entry.get("time")
    total = times.get("total") if isinstance(times, dict) else None
    if not isinstance(total, dict):
        return 0.0
    return _number(total.get("seconds")) + _number(total.get("microseconds")) / 1e6


def _number(said: Any) -> float:
    """Return a number in either spelling; 0 where none is set."""
    if isinstance(said, dict):
        said = said.get("number") if said.get("set") and not said.get("infinite") else 0
    return float(said) if isinstance(said, (int, float)) else 0.0

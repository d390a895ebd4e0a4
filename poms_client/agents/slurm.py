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
from dataclasses import replace
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
NOTHING_FOUND = 9003  # ESLURM_REST_EMPTY_RESULT
ENDED = ("completed", "failed", "cancelled")
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
        watched = Watched(self.memory, started)
        jobs = _ours(_jobs(["squeue", "--states=all", "--json"]))
        if self._accounting:
            since = watched.since("", jobs.values(), started)
            when = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(since))
            accounts = _ours(_jobs(["sacct", "--json", "--allusers", "--starttime", when]))
            for key, job in accounts.items():
                if job.state in ENDED:
                    jobs[key] = _told_twice(jobs.get(key), job)
        look = watched.look(jobs.values(), [""], {}, started)
        self.memory = watched.as_json()
        return look


def _ours(entries: list[Json]) -> dict[str, Job]:
    return {job.id: job for job in map(job_of, entries) if job is not None}


def _told_twice(queued: Optional[Job], account: Job) -> Job:
    """Return what the accounts say, with the exit code of the queue, which loses none."""
    if queued is None or queued.state not in ENDED:
        return replace(account, left=True)
    return replace(account, code=queued.code, left=True)


def _jobs(argv: list[str]) -> list[Json]:
    said = programs.parsed(programs.ask(argv), argv[0])
    jobs = said.get("jobs") if isinstance(said, dict) else None
    if not isinstance(jobs, list):
        raise CantSee(f"{argv[0]} printed no list of jobs")
    errors = [error for error in said.get("errors") or [] if not _is_nothing_found(error)]
    if errors:
        raise CantSee(f"{argv[0]} printed errors: {str(errors)[:300]}")
    return [job for job in jobs if isinstance(job, dict) and "job_id" in job]


def _is_nothing_found(error: Any) -> bool:
    """Tell an empty answer, which sacct 22.05 calls an error, from one."""
    return isinstance(error, dict) and error.get("error_number") == NOTHING_FOUND


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
        id=str(entry["job_id"]),
    )


def _comment(entry: Json) -> str:
    said = entry.get("comment")
    return str(said.get("job") or "") if isinstance(said, dict) else str(said or "")


def _state(entry: Json) -> tuple[str, str]:
    """Return the job's state in our words, and Slurm's reason for it."""
    said = entry.get("state")
    reason = str((said.get("reason") if isinstance(said, dict) else None) or "")
    reason = reason or str(entry.get("state_reason") or "")
    state = STATES.get(_word(entry), "running")
    return ("held" if state == "idle" and HELD.search(reason) else state), reason


def _word(entry: Json) -> str:
    """Return Slurm's word for the state; the first that we know where there are several."""
    said = entry.get("state", entry.get("job_state"))
    if isinstance(said, dict):
        said = said.get("current")
    words = [str(word) for word in (said if isinstance(said, list) else [said])]
    return next((word for word in words if word in STATES), words[0] if words else "")


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
    """Return how the job ended: its exit code, its signal, or else Slurm's word for it.

    ``sacct --json`` of 22.05 says 0 of every exit code.
    """
    if state not in ("completed", "failed"):
        return ""
    code, signal = _exit(entry.get("exit_code"))
    if signal:
        return f"signal {signal}"
    return _word(entry).lower() if state == "failed" and not code else str(code)


def _exit(said: Any) -> tuple[int, int]:
    """Return exit code and signal; a bare number is as wait(2) gives it."""
    if not isinstance(said, dict):
        number = int(_number(said))
        return number >> 8, number & 127
    signal = said.get("signal")
    if isinstance(signal, dict):
        signal = signal.get("id", signal.get("signal_id"))
    return int(_number(said.get("return_code"))), int(_number(signal))


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

"""The jobs of a submission, added up; shared by the agents that see jobs one by one.

An end is said only of submissions all of whose jobs were seen to end. A job that is nowhere to be
seen is one that nobody knows about: it may be on its way from the queue to the history.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

from poms_client.agents.status import Jobs, status
from poms_client.api import Json

MOST_REASONS = 5
LONGEST_REASON = 200
QUEUED = ("idle", "running", "held")


@dataclass(frozen=True)
class Job:
    """One job, or ``count`` alike.

    :param state: a count of ``Jobs``.
    :param cluster: id of the lead job of what was submitted at once, ``7@schedd``.
    :param of_cluster: how many jobs that has in all, where the batch system says so.
    :param code: how it ended: exit code, ``signal 9``, or a word.
    :param wall: seconds it ran; ``cpu`` those of the processor.
    :param since: when it was submitted, seconds since the epoch.
    :param leads: it is no work itself but submits the rest (DAGMan), of ``of_cluster`` jobs.
    :param place: who was asked about it.
    :param id: names it among all jobs of its source.
    :param left: it has ended for good and is in the history; what is said of it stays.
    """

    submission: int
    cluster: str
    state: str
    count: int = 1
    of_cluster: int = 0
    code: str = ""
    wall: float = 0.0
    cpu: float = 0.0
    held_for: str = ""
    project: str = ""
    since: float = 0.0
    leads: bool = False
    place: str = ""
    id: str = ""
    left: bool = False


def by_submission(jobs: Iterable[Job]) -> dict[int, list[Job]]:
    found: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        found[job.submission].append(job)
    return found


def are_queued(jobs: Iterable[Job]) -> bool:
    return any(job.state in QUEUED for job in jobs)


def report(submission: int, jobs: list[Job], total: int) -> Optional[Json]:
    """Return what to say of a submission, or None when the jobs seen don't tell.

    :param total: how many jobs it is known to have, without leaders.
    """
    leaders = [job for job in jobs if job.leads]
    work = [job for job in jobs if not job.leads]
    counts = _counts(work, total, leaders)
    if are_queued(jobs):
        said: Optional[str] = status(counts, over=False) or _word(leaders)
    elif counts.known < total:
        return None
    else:
        said = status(counts, "Removed", over=True) if work else _end_without_jobs(leaders)
    project = next((job.project for job in jobs if job.project), "")
    return {
        "submission_id": submission,
        "jobsub_job_id": min(leaders or work, key=lambda job: _age(job.cluster)).cluster,
        "status": said or "",
        "pct_complete": counts.pct_complete,
        "jobs": {**counts.as_dict(), **_details(work)},
        **({"project": project} if project else {}),
    }


def _counts(work: list[Job], submitted: int, leaders: list[Job]) -> Jobs:
    """Count the jobs; while a leader lives, the nodes it announced belong to the total."""
    announced = sum(job.of_cluster for job in leaders if job.state in QUEUED)
    states: Counter[str] = Counter()
    for job in work:
        states[job.state] += job.count
    return Jobs(submitted=max(submitted, announced), **states)


def _word(leaders: list[Job]) -> str:
    """Return the status while only a leader is in the queue."""
    states = {job.state for job in leaders}
    return next((word for word in ("Held", "Running", "Idle") if word.lower() in states), "")


def _end_without_jobs(leaders: list[Job]) -> str:
    """Return the status of what ended before it submitted any job."""
    words = {"cancelled": "Removed", "failed": "Failed"}
    return next((words[job.state] for job in leaders if job.state in words), "Completed")


def _details(work: list[Job]) -> dict[str, Any]:
    codes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for job in work:
        if job.code:
            codes[job.code] += job.count
        if job.state == "held" and job.held_for:
            reasons[job.held_for.replace("\0", "")[:LONGEST_REASON]] += job.count
    wall, cpu = sum(job.wall for job in work), sum(job.cpu for job in work)
    said: dict[str, Any] = {"by_exit_code": dict(sorted(codes.items()))}
    if reasons:
        said["held_reasons"] = dict(reasons.most_common(MOST_REASONS))
    if wall:
        said["wall_seconds"], said["cpu_seconds"] = round(wall), round(cpu)
        said["efficiency"] = round(cpu / wall, 3)
    return said


def _age(cluster: str) -> tuple[int, str]:
    number = cluster.partition("@")[0]
    return (int(number) if number.isdecimal() else 0, cluster)

"""Jobs that have left, as JSON that is short: of thousands alike, what differs is written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from poms_client.agents.tally import Job

OWN = ("id", "wall", "cpu")  # what jobs alike don't share


def packed(jobs: Mapping[str, Job]) -> list[Any]:
    """Return ``[[what they share, {id: [wall, cpu], …}], …]``."""
    alike: dict[Job, dict[str, list[float]]] = {}
    for key, job in jobs.items():
        shared = replace(job, id="", wall=0.0, cpu=0.0)
        alike.setdefault(shared, {})[key] = [job.wall, job.cpu]
    return [[_shared(job), times] for job, times in alike.items()]


def unpacked(said: list[Any]) -> dict[str, Job]:
    return {
        key: Job(**shared, id=key, wall=wall, cpu=cpu)
        for shared, times in said
        for key, (wall, cpu) in times.items()
    }


def _shared(job: Job) -> dict[str, Any]:
    return {name: value for name, value in asdict(job).items() if name not in OWN}

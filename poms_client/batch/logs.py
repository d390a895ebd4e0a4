"""``poms jobs`` and ``poms log``: how the jobs of a submission ended, and what one of them said."""

from __future__ import annotations

import argparse
import json
import os
import stat
from pathlib import Path
from typing import Any, Optional

from poms_client import config
from poms_client.batch.cluster import Cluster
from poms_client.batch.directory import BatchDirectory
from poms_client.errors import PomsError

STREAMS = ("stdout", "stderr")
END = 100_000  # bytes
ORDINARY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a job may have put anything there


def jobs(arguments: list[str]) -> int:
    """Say how the jobs of a submission ended."""
    parser = argparse.ArgumentParser(prog="poms jobs", description=jobs.__doc__)
    parser.add_argument("--tag", type=int, required=True, metavar="SUBMISSION_ID")
    parser.add_argument("--failed", action="store_true", help="only those that failed")
    parser.add_argument(
        "--limit", type=at_least_one, default=200, help="at most so many; 200 by default"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    said = parser.parse_args(arguments)
    cluster = BatchDirectory(config.batch_dir()).of_submission(said.tag)
    rows = [] if cluster is None else _ended(cluster, said.failed)[: said.limit]
    if said.json:
        print(json.dumps({"jobs": rows}))
    for row in () if said.json else rows:
        print(f"{row['id']:<16} {row['state']:<10} {row['code']}  {row['why']}".rstrip())
    return 0


def at_least_one(value: str) -> int:
    if not value.isdecimal() or int(value) == 0:
        raise argparse.ArgumentTypeError(f"{value!r} is no number from 1 on")
    return int(value)


def _ended(cluster: Cluster, failed: bool) -> list[dict[str, Any]]:
    rows = []
    for number in cluster.touched_jobs():
        ended = cluster.job(number).exit()
        if ended is not None and (ended["state"] == "failed" or not failed):
            said = {name: ended.get(name) for name in ("state", "code", "ended")}
            why = ended.get("why") or ""
            rows.append({"job": number, "id": cluster.job_id(number), "why": why, **said})
    return rows


def log(arguments: list[str]) -> int:
    """Show the end of what a job said."""
    parser = argparse.ArgumentParser(prog="poms log", description=log.__doc__)
    parser.add_argument("--tag", type=int, required=True, metavar="SUBMISSION_ID")
    parser.add_argument(
        "--job",
        type=int,
        required=True,
        help="its number in the cluster: the first is 0, as in the job id 12.0@local",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    said = parser.parse_args(arguments)
    cluster = BatchDirectory(config.batch_dir()).of_submission(said.tag)
    if cluster is None or said.job not in cluster.touched_jobs():
        raise PomsError(
            f"the batch has no log of job {said.job} of submission {said.tag}:"
            " it didn't start, or was tidied away"
        )
    ends = {name: _end(cluster.job(said.job).path / name) for name in STREAMS}
    if said.json:
        print(json.dumps(ends))
    for name, text in () if said.json else ends.items():
        print(f"--- {name}\n{text or ''}")
    return 0


def _end(path: Path) -> Optional[str]:
    """Return the last of a file; None where there is no ordinary one."""
    try:
        descriptor = os.open(path, ORDINARY)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        file.seek(max(0, status.st_size - END))
        return file.read(END).decode(errors="replace")

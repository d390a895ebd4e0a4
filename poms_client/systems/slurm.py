"""Slurm, by ``sbatch``, ``squeue``, ``sacct``, ``scancel`` and ``scontrol``.

Jobs are known by their comment, ``POMS4_SUBMISSION_ID=1234 POMS_ATTEMPT=1``. What has ended is
forgotten by ``squeue`` after slurm.conf's ``MinJobAge``, so only ``sacct``, which needs accounting
(slurmdbd), can say that there never was anything.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterable
from typing import ClassVar, NamedTuple, Optional

from poms_client.crash import point
from poms_client.errors import PomsError
from poms_client.systems import running, tags
from poms_client.systems.base import Controllable, Found, Order, Submitted
from poms_client.systems.running import NoAnswer, NotSubmitted, program

CLUSTER = re.compile(r"^ClusterName\s*=\s*(\S+)", re.MULTILINE)
SUBMITTED = re.compile(r"^(\d+)(?:;\S+)?$", re.MULTILINE)
LEAD = re.compile(r"\d+")
ATTEMPT = re.compile(r"\bPOMS_ATTEMPT=(\d+)")
LONG_AGO = 366 * 86400.0  # sacct takes 0 for "unset"
FOR_EVER = "--endtime=2100-01-01T00:00:00"  # what was cancelled before it was due, too
SCRIPT = """\
#!/bin/sh
export CLUSTER="$SLURM_ARRAY_JOB_ID" PROCESS="$SLURM_ARRAY_TASK_ID"
export POMS_JOB_INDEX="$PROCESS" JOBSUBJOBID="$CLUSTER.$PROCESS@"{cluster}
exec {command}
"""


class Entry(NamedTuple):
    """One job, or the waiting tasks of an array (``12_[3-7]``)."""

    id: str
    state: str
    comment: str


class Slurm(Controllable):
    name: ClassVar[str] = "slurm"
    elsewhere: ClassVar[bool] = False  # nodes share the folders and accounts of the launch host
    _cluster = ""

    def check(self) -> None:
        program("sbatch")
        self._cluster = _cluster()

    def submit(self, order: Order) -> Submitted:
        if order.dag:
            raise PomsError("Slurm knows no DAG files: use its dependencies in a --description")
        command = self._command(order)
        point("before-submit")
        said = running.submit(command, order.expires, _around(order))
        point("after-submit")
        found = SUBMITTED.search(said)
        if found is None:
            raise NotSubmitted(f"{command[0]} named no job; what it said is above")
        jobs = None if order.description else order.jobs
        return Submitted(f"{found[1]}@{self._cluster}", jobs)

    def _command(self, order: Order) -> list[str]:
        command = [program("sbatch"), "--parsable", *order.lines]
        if order.submission is not None:
            command.append(f"--comment={tags.comment(order.submission, order.attempt)}")
        if order.description:
            return [*command, order.description]
        name = running.file_stem(order)
        text = SCRIPT.format(cluster=shlex.quote(self._cluster), command=shlex.join(order.argv))
        return [
            *command,
            f"--job-name={name}",
            f"--array=0-{order.jobs - 1}",
            f"--output={name}.%A.%a.out",
            f"--error={name}.%A.%a.err",
            running.written(order, ".sh", text),
        ]

    def find(self, submission: int, since: Optional[float]) -> list[Found]:
        """Ask the queue, then the accounts, whose *no* counts only when both say it."""
        ours = _of(submission, _queue("--states=all", "--array"))
        start = time.localtime(LONG_AGO if since is None else since)
        when = time.strftime("%Y-%m-%dT%H:%M:%S", start)
        try:
            ours += _of(submission, _accounts(f"--starttime={when}", FOR_EVER))
        except NoAnswer as error:
            if not ours:
                raise NoAnswer(f"{error}; without its accounts Slurm can't say *no*") from None
        return _found(ours, _cluster())

    def control(self, act: str, submission: int) -> str:
        ours = _of(submission, _queue())
        waiting = [each for each in ours if each.state == "PENDING"]
        if act == "kill":
            return _told(["scancel"], ours)
        said = _told(["scontrol", act], waiting)
        if act == "hold" and len(waiting) < len(ours):
            said += "Jobs that run go on: Slurm holds only those that wait.\n"
        return said


def _cluster() -> str:
    found = CLUSTER.search(running.ask([program("scontrol"), "show", "config"]))
    if found is None:
        raise NoAnswer("scontrol names no cluster")
    return found[1]


def _around(order: Order) -> dict[str, str]:
    """Return the environment of ``sbatch``, which passes on all of it."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("SLURM_")}
    return {**ours, "PATH": os.environ.get("PATH", os.defpath), **order.environment}


def _queue(*options: str) -> list[Entry]:
    said = running.ask([program("squeue"), "--noheader", "--me", "--format=%i|%T|%k", *options])
    return _entries(said)


def _accounts(*options: str) -> list[Entry]:
    """Return what has begun: tasks that wait stand together (``12_[3-7]``), and in the queue."""
    shape = ("--noheader", "--parsable2", "--allocations", "--duplicates")
    said = running.ask([program("sacct"), *shape, "--format=JobID,State,Comment", *options])
    return [entry for entry in _entries(said) if "[" not in entry.id]


def _entries(said: str) -> list[Entry]:
    rows = (line.split("|", 2) for line in said.splitlines())
    return [Entry(*row) for row in rows if len(row) == len(Entry._fields)]


def _of(submission: int, entries: Iterable[Entry]) -> list[Entry]:
    tag = re.compile(rf"\bPOMS4_SUBMISSION_ID={submission}\b")
    return [entry for entry in entries if tag.search(entry.comment)]


def _found(entries: Iterable[Entry], cluster: str) -> list[Found]:
    found: dict[str, Found] = {}
    for entry in {entry.id: entry for entry in entries}.values():
        lead = f"{_lead(entry)}@{cluster}"
        attempt = ATTEMPT.search(entry.comment)
        known = found.get(lead, Found(lead, int(attempt[1]) if attempt else None, 0))
        found[lead] = known._replace(jobs=known.jobs + 1)
    return [found[lead] for lead in sorted(found)]


def _lead(entry: Entry) -> str:
    found = LEAD.match(entry.id)
    if found is None:
        raise NoAnswer(f"Slurm gave a job the id {entry.id!r}")
    return found[0]


def _told(command: list[str], entries: list[Entry]) -> str:
    """Say it of the entries' clusters; scancel and scontrol print nothing when they succeed."""
    leads = sorted({_lead(entry) for entry in entries})
    if not leads:
        return ""
    running.ask([program(command[0]), *command[1:], *leads])
    return f"{' '.join(command)}: {' '.join(leads)}\n"

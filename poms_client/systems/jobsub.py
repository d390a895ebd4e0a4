"""jobsub_lite, by ``jobsub_submit`` and its like; what it has is asked of HTCondor.

``jobsub_submit`` ends with 0 after a failure, too, so only its line with the job id counts. It may
choose among several schedds: ``POMS_CONDOR_SCHEDDS`` has to name all of them, or else a schedd that
is down might be overlooked.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import ClassVar, Optional

from poms_client.crash import point
from poms_client.errors import NotConfigured
from poms_client.systems import running, tags
from poms_client.systems.base import Found, Order, Submitted
from poms_client.systems.condor import SUBMITTED, Condor
from poms_client.systems.description import attributes
from poms_client.systems.running import NotSubmitted, program

JOB_ID = re.compile(r"Use job id (\d+)[0-9.]*@(\S+) to retrieve output")
TOKEN = "POMS_JOB_TOKEN_FILE"
JOBSUBS = ("JOBSUB", "EXPERIMENT", "GROUP", "BEARER_TOKEN_FILE", "X509_USER_PROXY")
SCRIPT = """\
#!/bin/sh
export POMS_JOB_INDEX="${{PROCESS:-0}}"
exec {command}
"""
ACTS = {"kill": "jobsub_rm", "hold": "jobsub_hold", "release": "jobsub_release"}


class Jobsub(Condor):
    """``order.argv`` is the command of the jobs, or the arguments of ``jobsub_submit`` themselves.

    The latter name a ``file://…``, as jobsub wants its scripts.
    """

    name: ClassVar[str] = "jobsub"

    def check(self) -> None:
        real()

    def submit(self, order: Order) -> Submitted:
        command = [real(), *_whose(order), *_told(order), *_jobs(order)]
        point("before-submit")
        said = running.submit(command, order.expires)
        point("after-submit")
        found = JOB_ID.search(said)
        if found is None:
            raise NotSubmitted("jobsub_submit named no job id; what it said is above")
        counted = {cluster: int(jobs) for jobs, cluster in SUBMITTED.findall(said)}
        is_dag = "submitting this DAG" in said
        jobs = None if is_dag else counted.get(found[1])
        return Submitted(f"{found[1]}@{found[2]}", jobs, is_shown=True)

    def find(self, submission: int, since: Optional[float]) -> list[Found]:
        if not os.environ.get("POMS_CONDOR_SCHEDDS"):
            raise NotConfigured(
                "set POMS_CONDOR_SCHEDDS to all schedds that jobsub may choose, with commas between"
            )
        return super().find(submission, since)

    def control(self, act: str, submission: int) -> str:
        group = os.environ.get("JOBSUB_GROUP") or os.environ.get("GROUP", "")
        command = [program(ACTS[act]), *(("-G", group) if group else ())]
        if os.environ.get("JOBSUB_ROLE"):
            command += ["--role", os.environ["JOBSUB_ROLE"]]
        return running.ask([*command, "--constraint", f"POMS4_SUBMISSION_ID=={submission}"])


def real() -> str:
    """Return the path of jobsub's own ``jobsub_submit``, behind our shim in PATH."""
    return program("jobsub_submit", but=_is_our_shim)


def _is_our_shim(path: str) -> bool:
    with Path(path).open("rb") as script:
        return b"poms_client.cli" in script.read(4096)


def _whose(order: Order) -> list[str]:
    if order.submission is None:
        return []
    given = tags.of(order.submission, order.attempt)
    return [word for line in attributes(given) for word in ("-l", line)]


def _is_for_jobsub(order: Order) -> bool:
    return any(word.startswith("file://") for word in order.argv)


def _jobs(order: Order) -> list[str]:
    if _is_for_jobsub(order):
        return list(order.argv)
    script = running.written(order, ".sh", SCRIPT.format(command=shlex.join(order.argv)))
    lines = [word for line in order.lines for word in ("-l", line)]
    return ["-N", str(order.jobs), *lines, f"file://{script}"]


def _told(order: Order) -> list[str]:
    """Return options that tell the jobs what they need of POMS, and give them its token."""
    own = _is_for_jobsub(order)  # then the other variables are its business
    told = {
        name: value
        for name, value in order.environment.items()
        if name.startswith("POMS") or not (own or name.startswith(JOBSUBS))
    }
    files: list[str] = []
    if TOKEN in told:
        files = ["-f", told[TOKEN]]
        told[TOKEN] = Path(told[TOKEN]).name
    return [*files, *(word for pair in told.items() for word in ("-e", "=".join(pair)))]

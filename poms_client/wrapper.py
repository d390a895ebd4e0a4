"""The job wrapper: leave from POMS, one cluster in a batch system, its id to POMS (W9).

Leave is granted once per attempt and for a short time. The submit dies with that time and with the
launch script that called it, so that whoever asks the batch afterwards gets the last word.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from poms_client import config, environment, permits, systems
from poms_client.api import Api
from poms_client.crash import point
from poms_client.errors import PomsError, Refused
from poms_client.permits import Permit
from poms_client.systems.base import Order, Submitted

FORBIDDEN = 403
BY_AGENT = "the agent that watches the batch system will tell it; there is nothing to do"
LINE = "=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-"


@dataclass(frozen=True)
class Wanted:
    """What to submit; ``jobs`` is None for one job per file of the project.

    :param system: a name in ``poms_client.systems.SYSTEMS``; ``lines``, ``description`` and ``dag``
        are what its ``Order`` says of them.
    :param stage: register the submission with this stage (outside of launches by POMS), an id or
        a name in ``campaign`` of ``experiment``.
    :param untracked: submit without telling POMS.
    :param project: the project over the input that the launch or its jobs start, where POMS
        doesn't (SAM).
    """

    argv: tuple[str, ...]
    jobs: Optional[int] = 1
    system: str = "local"
    lines: tuple[str, ...] = ()
    description: str = ""
    dag: str = ""
    asked_for: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    experiment: Optional[str] = None
    campaign: Optional[str] = None
    stage: Optional[str] = None
    untracked: bool = False
    project: str = ""


def submit(wanted: Wanted) -> Submitted:
    """Submit ``wanted`` once, print its job id, and report it.

    :raises NotSubmitted: the batch system named no job id.
    :raises PomsError: else, nothing was submitted; the message says why.
    """
    asked_at = time.clock_gettime(time.CLOCK_BOOTTIME)
    system = systems.of_name(wanted.system)
    system.check()
    jobs = _number_of_jobs(wanted)
    permit = _permit(wanted)
    point("after-leave")
    expires = None if permit.seconds is None else asked_at + permit.seconds
    order = Order(
        argv=wanted.argv,
        jobs=jobs,
        environment=_environment(wanted, permit, system.elsewhere),
        cwd=os.getcwd(),  # noqa: PTH109 - as the shell says it
        submission=permit.submission,
        attempt=permit.attempt,
        lines=wanted.lines,
        description=wanted.description,
        dag=wanted.dag,
        options=wanted.options,
        project=wanted.project,
        expires=expires,
    )
    with _dies_at(expires):
        submitted = system.submit(order)
    _show(submitted)
    system.look_after()
    _report(submitted, order)
    point("after-report")
    return submitted


def _number_of_jobs(wanted: Wanted) -> int:
    if wanted.jobs is not None:
        return wanted.jobs
    project = Api.for_launch().project(config.text("POMS_PROJECT"))
    if project.files == 0:
        raise PomsError(f"project {project.name} has no files, so there is nothing to submit")
    return project.files


def _permit(wanted: Wanted) -> Permit:
    if wanted.untracked:
        return Permit()
    command = " ".join(wanted.argv or (wanted.description, wanted.dag))
    return permits.of_launch() or permits.registered(
        wanted.stage, command, wanted.experiment, wanted.campaign
    )


@contextmanager
def _dies_at(expires: Optional[float]) -> Iterator[None]:
    """Let the kernel end this process (SIGALRM) if the block takes longer than it may."""
    if expires is None:
        yield
        return
    left = expires - time.clock_gettime(time.CLOCK_BOOTTIME)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _environment(wanted: Wanted, permit: Permit, elsewhere: bool) -> dict[str, str]:
    ours = dict(wanted.asked_for)
    if permit.submission is not None:
        ours["POMS4_SUBMISSION_ID"] = ours["POMS_TASK_ID"] = str(permit.submission)
    if wanted.project and not os.environ.get("POMS_PROJECT"):
        ours.setdefault("POMS_PROJECT", wanted.project)
    return environment.of_jobs(os.environ, ours, elsewhere=elsewhere)


def _show(submitted: Submitted) -> None:
    """Print what launch logs are searched for, as jobsub does, unless the command did."""
    if submitted.is_shown:
        return
    number, _, place = submitted.id.partition("@")
    said = "" if submitted.jobs is None else f"{submitted.jobs} job(s) submitted to cluster"
    if said:
        print(f"Submitting job(s)..\n{said} {number}.\n")
    print(f"{LINE}\n\nUse job id {number}.0@{place} to retrieve output\n{LINE}", flush=True)


def _report(submitted: Submitted, order: Order) -> None:
    """Tell POMS the job id. The jobs are in whether or not that works: POMS finds them by tag."""
    if order.submission is None:
        return
    report = {
        "submission_id": order.submission,
        "status": submitted.status,
        "jobsub_job_id": submitted.id,
        "source": submitted.source,
        "observed_at": datetime.fromtimestamp(submitted.at, timezone.utc).isoformat(),
        **({} if submitted.jobs is None else {"jobs": {"submitted": submitted.jobs}}),
        **({"project": order.project} if order.project else {}),
    }
    try:
        Api.for_launch().report([report])
    except PomsError as error:
        after = f"; {BY_AGENT}" if is_forbidden(error) else ""
        _warn(f"{submitted.id} is submitted, but POMS hasn't heard of it from here: {error}{after}")


def is_forbidden(error: PomsError) -> bool:
    return isinstance(error, Refused) and error.status == FORBIDDEN


def _warn(message: str) -> None:
    print(f"poms submit: warning: {message}", file=sys.stderr, flush=True)

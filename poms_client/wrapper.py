"""The job wrapper: leave from POMS, one cluster in the batch, its id to POMS (W9).

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

from poms_client import config, environment
from poms_client.api import Api
from poms_client.batch.cluster import Cluster
from poms_client.batch.directory import BatchDirectory, Order, TooLate, source
from poms_client.crash import point
from poms_client.errors import NotConfigured, PomsError, Refused

SUBMITTED = """\
Submitting job(s)..
{jobs} job(s) submitted to cluster {number}.

=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-

Use job id {number}.0@local to retrieve output
=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-
"""


@dataclass(frozen=True)
class Wanted:
    """What to submit; ``jobs`` is None for one job per file of the project.

    :param stage: register the submission with this stage (outside of launches by POMS), an id or
        a name in ``campaign`` of ``experiment``.
    :param untracked: submit without telling POMS.
    :param project: the project over the input that the launch or its jobs start, where POMS
        doesn't (SAM).
    """

    argv: tuple[str, ...]
    jobs: Optional[int] = 1
    asked_for: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    experiment: Optional[str] = None
    campaign: Optional[str] = None
    stage: Optional[str] = None
    untracked: bool = False
    project: str = ""


@dataclass(frozen=True)
class Permit:
    """For which submission to submit, and for how long (seconds) that is allowed."""

    submission: Optional[int] = None
    attempt: Optional[int] = None
    seconds: Optional[float] = None


def submit(wanted: Wanted) -> Cluster:
    """Submit ``wanted`` once, print its job id, and report it.

    :raises PomsError: nothing was submitted; the message says why.
    """
    asked_at = time.clock_gettime(time.CLOCK_BOOTTIME)
    directory = BatchDirectory(config.batch_dir())
    jobs = _number_of_jobs(wanted)
    permit = _permit(wanted)
    point("after-leave")
    expires = None if permit.seconds is None else asked_at + permit.seconds
    with _dies_at(expires):
        cluster = directory.submit(
            Order(
                argv=wanted.argv,
                jobs=jobs,
                environment=_environment(wanted, permit),
                submission=permit.submission,
                attempt=permit.attempt,
                options=dict(wanted.options),
                project=wanted.project,
                expires=expires,
            )
        )
    print(SUBMITTED.format(jobs=jobs, number=cluster.number), flush=True)
    _start(directory)
    _report(cluster)
    point("after-report")
    return cluster


def _number_of_jobs(wanted: Wanted) -> int:
    if wanted.jobs is not None:
        return wanted.jobs
    project = Api.for_launch().project(config.text("POMS_PROJECT"))
    if project.files == 0:
        raise PomsError(f"project {project.name} has no files, so there is nothing to submit")
    return project.files


def _permit(wanted: Wanted) -> Permit:
    """Ask leave for a launch by POMS, or register a submission made outside of it."""
    if wanted.untracked:
        return Permit()
    if os.environ.get("POMS_LAUNCH_TOKEN_FILE"):
        return _leave()
    if os.environ.get("POMS4_SUBMISSION_ID"):
        raise NotConfigured("a launch needs POMS_LAUNCH_TOKEN_FILE to ask POMS for leave")
    stage = wanted.stage or os.environ.get("POMS4_CAMPAIGN_STAGE_ID")
    if stage is None:
        raise NotConfigured("say which stage this is for (--stage), or submit it --untracked")
    command = " ".join(wanted.argv)
    api = Api.for_person()
    return Permit(api.register(stage, command, wanted.experiment, wanted.campaign))


def _leave() -> Permit:
    from poms_client.processes import die_with_parent

    die_with_parent()
    submission = config.submission_id()
    token = config.token_in(config.text("POMS_LAUNCH_TOKEN_FILE"))
    try:
        leave = Api(config.text("POMS_URL")).ask_leave(submission, token)
    except Refused as refused:
        raise Refused(refused.status, f"no leave to submit: {refused.detail}") from None
    if leave.seconds <= 0:
        raise TooLate("the leave to submit had run out when it arrived; nothing was submitted")
    return Permit(submission, leave.attempt, leave.seconds)


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


def _environment(wanted: Wanted, permit: Permit) -> dict[str, str]:
    ours = dict(wanted.asked_for)
    if permit.submission is not None:
        ours["POMS4_SUBMISSION_ID"] = ours["POMS_TASK_ID"] = str(permit.submission)
    if wanted.project and not os.environ.get("POMS_PROJECT"):
        ours.setdefault("POMS_PROJECT", wanted.project)
    return environment.of_jobs(os.environ, ours)


def _start(directory: BatchDirectory) -> None:
    from poms_client.batch.starting import ensure_daemon

    if not ensure_daemon(directory):
        _warn(f"the jobs are queued, but no daemon starts; see {directory.root}/daemon.log")


def _report(cluster: Cluster) -> None:
    """Tell POMS the job id. The jobs are in whether or not that works: POMS finds them by tag.

    It is said with the agent's source and the time of the submit: when the agent was faster and
    the jobs run already, POMS takes no notice of this older news.
    """
    if cluster.submission is None:
        return
    report = {
        "submission_id": cluster.submission,
        "status": "Idle",
        "jobsub_job_id": cluster.id,
        "jobs": {"submitted": cluster.jobs},
        "source": source(),
        "observed_at": datetime.fromtimestamp(cluster.submitted, timezone.utc).isoformat(),
        **cluster.project_said,
    }
    try:
        Api.for_launch().report([report])
    except PomsError as error:
        _warn(f"{cluster.id} is submitted, but POMS hasn't heard of it from here: {error}")


def _warn(message: str) -> None:
    print(f"poms submit: warning: {message}", file=sys.stderr, flush=True)

"""The local launcher: scripts run on this machine, as the service's own user (W9).

It gives whoever edits job types a shell as that user, so it is off unless ``POMS_LOCAL_LAUNCHER``.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from django.conf import settings

from datahandling.base import Unknown
from submissions.launchers import detached
from submissions.launchers.base import (
    CannotAbort,
    CannotStart,
    FailedJob,
    Found,
    Launcher,
    ScriptStatus,
)
from submissions.launching import remote, sandboxes, script
from submissions.models import Submission

TIME_TO_ANSWER = 20  # seconds


class LocalLauncher(Launcher):
    def __init__(self, submission: Submission) -> None:
        self.submission = submission

    @classmethod
    def of(cls, submission: Submission) -> Self:
        return cls(submission)

    def start(self, folder: Path) -> None:
        _allowed()
        command = ["bash", "-s", detached.name_of(folder)]
        detached.start(folder, "script.sh", detached.TIME_TO_LAUNCH, command, environment())

    def status(self, folder: Path) -> ScriptStatus:
        return detached.status(folder)

    def abort(self, folder: Path) -> None:
        group = detached.group_of(folder)
        if group is None or not detached.kill_group(group, detached.name_of(folder)):
            raise CannotAbort("unable to abort launch: it isn't running, or hasn't begun")
        sandboxes.discard(folder)

    def find_jobs(self, submission: int) -> Found | None:
        since = remote.since_first_attempt(self.submission)
        with _understood():
            jobs = json.loads(self._ask("find", "--tag", str(submission), "--json", *since))["jobs"]
            return Found(jobs[0]["jobsub_job_id"], jobs[0]["jobs"]) if jobs else None

    def control(self, act: str, submission: int) -> str:
        return self._ask(act, "--tag", str(submission))

    def _ask(self, *arguments: str) -> str:
        """Run ``poms`` after the login setup, which may have named another batch system."""
        return _run(["bash", "-s"], remote.question(self.submission, ["poms", *arguments]))

    def failed_jobs(self, submission: int) -> list[FailedJob]:
        with _understood():
            said = json.loads(_poms("jobs", "--tag", str(submission), "--failed", "--json"))
            return [
                FailedJob(job["job"], job["id"], job["code"], job["why"]) for job in said["jobs"]
            ]

    def job_log(self, submission: int, job: int) -> dict[str, str]:
        with _understood():
            said = json.loads(_poms("log", "--tag", str(submission), "--job", str(job), "--json"))
            return {stream: text for stream, text in said.items() if text is not None}


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise Unknown(f"the batch said something strange: {error!r}") from error


def environment() -> dict[str, str]:
    """Return what a launch script finds: our commands first in PATH, and no secret of ours."""
    return {
        **settings.LAUNCH_ENVIRONMENT,
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "POMS_URL": settings.POMS_URL,
        "POMS_DATA_DIR": str(settings.DATA_DIR),
        "POMS_BATCH_DIR": str(settings.BATCH_DIR),
    }


def _allowed() -> None:
    if not settings.LOCAL_LAUNCHER:
        raise CannotStart(
            "the local launcher is off: set POMS_LOCAL_LAUNCHER=1 "
            "if editors of job types may have a shell here"
        )


def _poms(*arguments: str) -> str:
    return _run([str(Path(sys.executable).parent / "poms"), *arguments])


def _run(command: list[str], text: str = "") -> str:
    """Run a command, with this on standard input. Raises Unknown unless it succeeds in time."""
    try:
        done = subprocess.run(
            command,
            check=False,
            env=environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=TIME_TO_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unknown(f"the batch could not be asked: {error}") from error
    if done.returncode != 0:
        why = script.mask(done.stderr.strip()[-300:])
        raise Unknown(f"the batch could not be asked: {why}")
    return done.stdout

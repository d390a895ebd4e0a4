"""Launching over ssh: the script goes to a shell of the launch host on standard input (W9).

OpenSSH's client does it, so that keys, tickets, jump hosts and known hosts are where every admin
looks for them. Commands share one connection for each account (ControlMaster). What can't be
reached gives no answer, and so decides nothing.
"""

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

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
from submissions.launching import remote, script
from submissions.models import Submission

TIME_TO_CONNECT = 10  # seconds
TIME_TO_ANSWER = 60  # seconds: the login setup runs before each question
TIME_TO_END = 10  # seconds that the other end may take to kill what took too long
NO_CONNECTION = 255  # exit code of ssh itself
TOO_SLOW = 124  # exit code of timeout(1) at the other end
LONGEST_SOCKET = 104 - 18  # bytes; ssh appends a few while it makes one
OPTIONS = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",
    "ConnectTimeout": str(TIME_TO_CONNECT),
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "3",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "PermitLocalCommand": "no",
    "RequestTTY": "no",
    "LogLevel": "ERROR",
}
STAY_CONNECTED = {"ControlMaster": "auto", "ControlPersist": "300"}
REST = 10.0  # seconds for which a host that was away isn't asked again by the workflow
AWAY: dict[tuple[str, ...], tuple[float, str]] = {}  # of this process: until when, and why
ADVICE = {
    "Host key verification failed": "compare the host's key, and write it into the known hosts",
    "Permission denied": "let POMS into this account: its key, or its Kerberos ticket",
}


class SshLauncher(Launcher):
    def __init__(self, submission: Submission, account: str, host: str) -> None:
        self.submission = submission
        self.account = account
        self.host = host

    @classmethod
    def of(cls, submission: Submission) -> Self:
        try:
            return cls(submission, *remote.account_and_host(submission))
        except remote.NoTarget as why:
            raise CannotStart(str(why)) from why

    def prepare(self) -> None:
        """Connect, and stay connected for what follows."""
        self._refuse_while_away()
        self._run("exit 0", TIME_TO_CONNECT + TIME_TO_END, STAY_CONNECTED)

    def start(self, folder: Path) -> None:
        sent = folder / "sent"
        sent.touch(mode=0o600)
        sent.write_text(remote.luggage(folder) + (folder / "script.sh").read_text())
        limit = detached.TIME_TO_LAUNCH
        there = f"timeout --kill-after=5 {limit} bash -s {detached.name_of(folder)}"
        command = [*self._ssh({"ControlMaster": "no"}), there]
        detached.start(folder, sent.name, limit + TIME_TO_END, command, environment())

    def status(self, folder: Path) -> ScriptStatus:
        """Say how our end of the connection is; where that was cut, the batch has the last word."""
        return detached.status(folder)

    def abort(self, folder: Path) -> None:
        group, name = detached.group_of(folder), detached.name_of(folder)
        if group is None:
            raise CannotAbort("unable to abort launch: by its log it isn't running")
        found = f"tr '\\0' '\\n' < /proc/{group}/cmdline | grep -qsx {shlex.quote(name)}"
        clearing = remote.clearing(folder)
        said = self._run(f"{found} && kill -KILL -- -{group} && echo killed\n{clearing}exit 0")
        if said.strip() != "killed":
            raise CannotAbort(f"unable to abort launch: {self.host} has no such process any more")

    def find_jobs(self, submission: int) -> Found | None:
        self._refuse_while_away()
        since = remote.since_first_attempt(self.submission)
        jobs = self._jobs("find", "--tag", str(submission), "--json", *since)
        try:
            return Found(jobs[0]["jobsub_job_id"], jobs[0]["jobs"]) if jobs else None
        except (KeyError, TypeError, IndexError) as error:
            raise self._strange(error) from error

    def control(self, act: str, submission: int) -> str:
        return self._poms(act, "--tag", str(submission))

    def failed_jobs(self, submission: int) -> list[FailedJob]:
        jobs = self._jobs("jobs", "--tag", str(submission), "--failed", "--json")
        try:
            return [FailedJob(job["job"], job["id"], job["code"], job["why"]) for job in jobs]
        except (KeyError, TypeError) as error:
            raise self._strange(error) from error

    def job_log(self, submission: int, job: int) -> dict[str, str]:
        said = self._ask("log", "--tag", str(submission), "--job", str(job), "--json")
        return {stream: text for stream, text in said.items() if text is not None}

    def _jobs(self, *arguments: str) -> list[Any]:
        jobs = self._ask(*arguments).get("jobs")
        if not isinstance(jobs, list):
            raise self._strange(TypeError(f"jobs are {jobs!r}"))
        return jobs

    def _ask(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON object that the ``poms`` command of the launch host answers with."""
        said = self._poms(*arguments)
        try:
            answer = json.loads(said)
        except ValueError as error:
            raise self._strange(error) from error
        if not isinstance(answer, dict):
            raise self._strange(TypeError(said[-100:]))
        return answer

    def _poms(self, *arguments: str) -> str:
        return self._run(remote.question(self.submission, ["poms", *arguments]))

    def _run(
        self, text: str, limit: int = TIME_TO_ANSWER, options: Mapping[str, str] | None = None
    ) -> str:
        """Run shell text on the launch host; return what it says. Raises Unknown if it fails."""
        command = [*self._ssh(options or {"ControlMaster": "no"})]
        command.append(f"timeout --kill-after=5 {limit} bash -s")
        code, said, complaint = _answer(command, text, limit + TIME_TO_END)
        if code == 0:
            return said
        why = self._told(code, complaint)
        if code in (None, NO_CONNECTION):
            AWAY[self._target()] = (time.monotonic() + REST, why)
        raise Unknown(why)

    def _refuse_while_away(self) -> None:
        """Leave a host that was away just now alone: a pass must not wait for it many times."""
        until, why = AWAY.get(self._target(), (0.0, ""))
        if time.monotonic() < until:
            raise Unknown(why)

    def _target(self) -> tuple[str, ...]:
        return (settings.SSH_CONFIG, self.account, self.host)

    def _ssh(self, options: Mapping[str, str]) -> list[str]:
        said = {**OPTIONS, **_known_hosts(), **options, "ControlPath": _control_path()}
        command = ["ssh", *(["-F", str(settings.SSH_CONFIG)] if settings.SSH_CONFIG else [])]
        command += [f"-o{name}={value}" for name, value in said.items()]
        command += ["-l", self.account] if self.account else []
        return [*command, "--", self.host]

    def _told(self, code: int | None, complaint: str) -> str:
        if code in (None, TOO_SLOW):
            return f"{self} didn't answer in time: its login setup or its batch system hangs"
        why = script.mask(complaint.strip()[-300:])
        if code != NO_CONNECTION:
            return f"{self} could not be asked (code {code}): {why}"
        advice = [text for sign, text in ADVICE.items() if sign in complaint]
        return ": ".join([f"{self} can't be reached", why, *advice])

    def _strange(self, error: Exception) -> Unknown:
        return Unknown(f"{self} said something strange: {error!r}")

    def __str__(self) -> str:
        return f"{self.account}@{self.host}" if self.account else self.host


def environment() -> dict[str, str]:
    """Return what the ssh client finds: keys and tickets of this account, and no secret of ours."""
    return {**settings.LAUNCH_ENVIRONMENT, **settings.SSH_ENVIRONMENT}


def _answer(command: list[str], text: str, limit: float) -> tuple[int | None, str, str]:
    """Run a command with ``text`` on standard input; return code (None: too slow) and streams.

    Files take what it says: a connection that stays open would keep a pipe open with it.
    """
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+", errors="replace") as said,
        tempfile.TemporaryFile("w+", errors="replace") as complaint,
    ):
        given.write(text)
        given.seek(0)
        process = _start(command, given, said, complaint)
        try:
            code: int | None = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        said.seek(0)
        complaint.seek(0)
        return code, said.read(), complaint.read()


def _start(
    command: list[str], given: IO[str], said: IO[str], complaint: IO[str]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=given,
            stdout=said,
            stderr=complaint,
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Unknown(f"ssh can't be run: {error}; install openssh-client") from error


def _known_hosts() -> dict[str, str]:
    if not settings.SSH_KNOWN_HOSTS:
        return {}
    return {"UserKnownHostsFile": str(settings.SSH_KNOWN_HOSTS), "GlobalKnownHostsFile": "none"}


def _control_path() -> str:
    """Return where the shared connection's socket is; "none" where that path would be too long."""
    folder = Path(settings.DATA_DIR) / "ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if len(os.fsencode(folder)) + 1 + 40 > LONGEST_SOCKET:  # %C is 40 hexadecimal digits
        return "none"
    return f"{folder}/%C"

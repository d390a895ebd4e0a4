"""A cluster and its jobs, as the files tell them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional

from poms_client.batch import files
from poms_client.batch.files import Json
from poms_client.processes import Process, boot, identify, signal_group


class Claim(NamedTuple):
    """Who runs a job: its runner, and the command, which leads the job's process group."""

    runner: Process
    command: Process

    def signal(self, number: int) -> None:
        """Send a signal to all of the job, unless its group's number is somebody else's by now.

        While any member of a group lives, the kernel gives its number to nobody.
        """
        leader = identify(self.command.pid)
        if self.command.boot == boot() and leader in (None, self.command):
            signal_group(self.command.pid, number)


@dataclass(frozen=True)
class Job:
    path: Path

    def claim(self) -> Optional[Claim]:
        """Return who runs the job, or None while nobody does."""
        start = files.read(self.path / "start.json")
        if start is None or "runner" not in start:
            return None
        return Claim(Process(*start["runner"]), Process(*start["command"]))

    def exit(self) -> Optional[Json]:
        """Return how the job ended: ``state``, ``code``, ``wall`` and ``cpu`` in seconds."""
        return files.read(self.path / "exit.json")

    def withdraw(self, state: str, why: str) -> bool:
        """Take the job's claim, so that it never starts; False when a runner was faster."""
        self.path.mkdir(parents=True, exist_ok=True)
        withdrawn = {"why": why, "at": time.time()}
        if not files.create(self.path / "start.json", withdrawn) and self.claim() is not None:
            return False
        self.end(state, why)
        return True

    def end(self, state: str, why: str) -> None:
        """Write the end of a job that has no runner to do so."""
        over: Json = {"state": state, "code": None, "why": why, "ended": time.time()}
        files.create(self.path / "exit.json", {**over, "wall": 0.0, "cpu": 0.0})


@dataclass(frozen=True)
class Cluster:
    path: Path
    number: int
    jobs: int
    argv: tuple[str, ...]
    cwd: str
    submission: Optional[int]
    attempt: Optional[int]
    submitted: float
    project: str = ""

    @classmethod
    def read(cls, path: Path) -> Optional[Cluster]:
        """Return the cluster in ``path``, or None when it was tidied away."""
        said = files.read(path / "cluster.json")
        if said is None:
            return None
        return cls(
            path=path,
            number=said["number"],
            jobs=said["jobs"],
            argv=tuple(said["argv"]),
            cwd=said["cwd"],
            submission=said["submission"],
            attempt=said["attempt"],
            submitted=said["submitted"],
            project=said.get("project", ""),
        )

    @property
    def id(self) -> str:
        return f"{self.number}@local"

    @property
    def project_said(self) -> Json:
        """Return what a report says of the project; nothing where POMS knows without."""
        return {"project": self.project} if self.project else {}

    def job_id(self, job: int) -> str:
        return f"{self.number}.{job}@local"

    def job(self, number: int) -> Job:
        return Job(self.path / "jobs" / str(number))

    def touched_jobs(self) -> list[int]:
        """Return the jobs that anything was ever done about, in order."""
        return sorted(int(path.name) for path in (self.path / "jobs").iterdir())

    def summary(self) -> Json:
        """Return the daemon's last count of the jobs by state."""
        return files.read(self.path / "summary.json") or {
            "submitted": self.jobs,
            **dict.fromkeys(STATES, 0),
            "idle": self.jobs,
            "over": False,
        }

    # --- requests, obeyed by the daemon ---

    @property
    def is_held(self) -> bool:
        return (self.path / "held").exists()

    def hold(self) -> None:
        (self.path / "held").touch()

    def release(self) -> None:
        (self.path / "held").unlink(missing_ok=True)

    def removal(self) -> Optional[Json]:
        return files.read(self.path / "removed.json")

    def remove(self, called: str) -> None:
        """Ask for the removal of all jobs; ``called`` is the status to report. The first counts."""
        files.create(self.path / "removed.json", {"called": called, "at": time.time()})


STATES = ("idle", "running", "held", "completed", "failed", "removed")

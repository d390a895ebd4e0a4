"""The batch's directory: submitting to it, finding in it, and being its only daemon."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from poms_client.batch import files
from poms_client.batch.cluster import Cluster
from poms_client.batch.wake import wake
from poms_client.crash import point
from poms_client.errors import Duplicate, PomsError

ABANDONED_AFTER = 86400.0  # seconds; what a killed submit had begun


def source() -> str:
    """Return under which name POMS hears of the batch on this machine."""
    return f"local@{socket.gethostname()}"


class TooLate(PomsError):
    """The leave to submit ran out before the cluster was in."""

    exit_code = 6


@dataclass(frozen=True)
class Order:
    """What to submit.

    :param expires: by ``CLOCK_BOOTTIME``, which goes on while the machine sleeps; after it nothing
        is submitted.
    """

    argv: tuple[str, ...]
    jobs: int
    environment: dict[str, str]
    cwd: str = field(default_factory=os.getcwd)
    submission: Optional[int] = None
    attempt: Optional[int] = None
    options: dict[str, Any] = field(default_factory=dict)
    project: str = ""
    expires: Optional[float] = None


class Found(NamedTuple):
    """A cluster by its tags; ``jobs`` is how many it has."""

    jobsub_job_id: str
    attempt: Optional[int]
    jobs: int


class BatchDirectory:
    def __init__(self, root: Path) -> None:
        self.root = root

    # --- looking ---

    def names(self) -> list[str]:
        try:
            return [path.name for path in (self.root / "clusters").iterdir()]
        except FileNotFoundError:
            return []

    def cluster(self, name: str) -> Optional[Cluster]:
        return Cluster.read(self.root / "clusters" / name)

    def clusters(self) -> list[Cluster]:
        found = [cluster for cluster in map(self.cluster, self.names()) if cluster is not None]
        return sorted(found, key=lambda cluster: cluster.number)

    def of_submission(self, submission: int) -> Optional[Cluster]:
        return self.cluster(f"submission-{submission}")

    def of_id(self, job_id: str) -> Optional[Cluster]:
        """Return the cluster with this id, in any of its spellings (``12``, ``12.0@local``)."""
        number = job_id.partition("@")[0].partition(".")[0]
        return next((c for c in self.clusters() if str(c.number) == number), None)

    def find(self, submission: int) -> Optional[Found]:
        """Say what was ever submitted for a submission, tidied away or not.

        :raises OSError: the directory can't be read, so that nobody knows.
        """
        home = self.root / "clusters" / f"submission-{submission}"
        said = files.read(home / "cluster.json") or files.read(self._tomb(home.name))
        if said is not None:
            return Found(f"{said['number']}@local", said["attempt"], said["jobs"])
        if home.exists():
            raise OSError(f"{home} can't be read")
        return None

    # --- submitting ---

    def create(self) -> None:
        for path in (self.root, self.root / "clusters", self.root / "tidied"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def submit(self, order: Order) -> Cluster:
        """Put the order in as one cluster, whole.

        :raises Duplicate: there is a cluster for this submission; the order is not in.
        :raises TooLate: the order's time was over.
        """
        self.create()
        draft = self.root / f".draft-{uuid.uuid4().hex}"
        try:
            (draft / "jobs").mkdir(parents=True)
            files.write(draft / "environment.json", order.environment, mode=0o600)
            with self._numbered() as number:
                _describe(draft, order, number)
                point("before-submit")
                cluster = self._commit(draft, order, number)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        point("after-submit")
        return cluster

    def _commit(self, draft: Path, order: Order, number: int) -> Cluster:
        """Rename the draft into place; a rename refuses to replace a folder that isn't empty."""
        name = f"cluster-{number}"
        if order.submission is not None:
            name = f"submission-{order.submission}"
        if order.expires is not None and time.clock_gettime(time.CLOCK_BOOTTIME) > order.expires:
            raise TooLate("the leave to submit ran out; nothing was submitted")
        home = self.root / "clusters" / name
        try:
            if self._tomb(name).exists():
                raise FileExistsError
            draft.rename(home)
        except OSError as error:
            if not home.exists() and not self._tomb(name).exists():
                raise
            raise _duplicate(order, self.find(order.submission or 0)) from error
        cluster = Cluster.read(home)
        assert cluster is not None
        return cluster

    @contextmanager
    def _numbered(self) -> Iterator[int]:
        """Hold the lock of whoever submits, and yield the next cluster's number."""
        with self.locked() as counter:
            number = int(os.pread(counter, 20, 0) or 0) + 1
            os.pwrite(counter, str(number).encode(), 0)
            yield number

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Hold off everybody who submits, tidies or stops the daemon."""
        counter = os.open(self.root / "number", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(counter, fcntl.LOCK_EX)
            yield counter
        finally:
            os.close(counter)

    # --- the daemon ---

    def mark_changed(self) -> None:
        """Say that a summary is new; a time would not do, as two changes may share one."""
        (self.root / "changed").write_text(uuid.uuid4().hex)

    def changed(self) -> str:
        """Return a mark that differs from earlier ones if any summary is new."""
        try:
            return (self.root / "changed").read_text()
        except FileNotFoundError:
            return ""

    def wake(self) -> bool:
        return wake(self.root)

    # --- tidying ---

    def tidy(self, before: float) -> set[str]:
        """Remove clusters closed before then, and what killed submits left; return their names.

        What is needed to refuse a second cluster of a submission stays.
        """
        for draft in self.root.glob(".draft-*"):
            if draft.stat().st_mtime < time.time() - ABANDONED_AFTER:
                shutil.rmtree(draft, ignore_errors=True)
        old = [c for c in self.clusters() if c.summary().get("closed", before) < before]
        for cluster in old:
            with self.locked():
                self._bury(cluster)
        return {cluster.path.name for cluster in old}

    def _bury(self, cluster: Cluster) -> None:
        said = files.read(cluster.path / "cluster.json") or {}
        if cluster.submission is not None:
            files.create(self._tomb(cluster.path.name), said)
        doomed = self.root / f".draft-{uuid.uuid4().hex}"
        cluster.path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _tomb(self, name: str) -> Path:
        return self.root / "tidied" / f"{name}.json"


def _describe(draft: Path, order: Order, number: int) -> None:
    said = {
        "number": number,
        "jobs": order.jobs,
        "argv": list(order.argv),
        "cwd": order.cwd,
        "submission": order.submission,
        "attempt": order.attempt,
        "options": order.options,
        "project": order.project,
        "submitted": time.time(),
    }
    files.write(draft / "cluster.json", said)


def _duplicate(order: Order, found: Optional[Found]) -> Duplicate:
    there = found.jobsub_job_id if found else "a cluster"
    return Duplicate(
        f"submission {order.submission} is in the batch already, as {there}; nothing was submitted"
    )

"""The daemon: one per directory, starts jobs as slots come free and writes down how they go.

Nothing but the files survives it and nothing else is needed: see ``poms_client.batch``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import poms_client
from poms_client import config
from poms_client.batch import files
from poms_client.batch.cluster import Cluster
from poms_client.batch.files import Json
from poms_client.batch.open_cluster import OpenCluster, Runner, close, write_summary
from poms_client.batch.place import Place
from poms_client.crash import point
from poms_client.processes import identify

WITH_WORK = 0.2  # seconds between looks that nobody asked for
WITHOUT_WORK = 2.0
TIDY_EVERY = 3600.0
IMPORTABLE = str(Path(poms_client.__file__).parent.parent)
RUN_JOB = (
    f"import sys; sys.path.insert(0, {IMPORTABLE!r}); from pathlib import Path; "
    "from poms_client.batch.runner import main; "
    "main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))"
)


class Daemon:
    """The only one that starts and ends the jobs of its directory."""

    def __init__(self, place: Place, stay: bool = False) -> None:
        self.place = place
        self.directory = place.directory
        self.slots = int(config.number("POMS_BATCH_SLOTS", os.cpu_count() or 1))
        self.grace = config.number("POMS_BATCH_GRACE", 5.0)
        self.stop_after = float("inf") if stay else config.number("POMS_BATCH_STOP_AFTER", 300.0)
        self.keep = config.number("POMS_BATCH_KEEP_DAYS", 30.0) * 86400
        self.open: dict[str, OpenCluster] = {}
        self.closed: set[str] = set()
        self.written: dict[str, Json] = {}
        self.runners: list[Runner] = []
        self.idle_since = time.monotonic()
        self.tidied_at = float("-inf")
        self.ended = False

    def run(self) -> None:
        """Look and wait, until there was nothing to do for long, or the directory is gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        me = identify(os.getpid())
        files.write(self.directory.root / "daemon.json", {"process": me, "slots": self.slots})
        while not self.ended:
            if not self.place.is_there():
                self._abandon()
                return
            self.look()
            if self._may_stop() and self.place.leave(unless=self._find_new):
                return
            self.place.wait(WITH_WORK if self.open else min(WITHOUT_WORK, self.stop_after))

    def _end(self, *_: object) -> None:
        self.ended = True

    # --- one look ---

    def look(self) -> None:
        """Take up new clusters, see what ended, start what fits, write down what changed."""
        self._find_new()
        self.runners = [runner for runner in self.runners if runner.poll() is None]
        for opened in self.open.values():
            opened.look()
        self._start()
        for name, opened in list(self.open.items()):
            self._tell(name, opened)
        if self.open:
            self.idle_since = time.monotonic()
        if time.monotonic() > self.tidied_at + TIDY_EVERY:
            self.tidied_at = time.monotonic()
            self.closed -= self.directory.tidy(before=time.time() - self.keep)

    def _find_new(self) -> bool:
        """Take up clusters not seen yet; tell whether there were any that aren't over."""
        new = [name for name in self.directory.names() if self._is_new(name)]
        clusters = [c for c in map(self.directory.cluster, new) if c is not None]
        for cluster in sorted(clusters, key=lambda c: c.number):
            if "closed" in cluster.summary():
                self.closed.add(cluster.path.name)
            else:
                self.open[cluster.path.name] = OpenCluster(cluster, self.grace)
                point("daemon-adopted")
        return bool(self.open)

    def _is_new(self, name: str) -> bool:
        return name not in self.open and name not in self.closed

    def _start(self) -> None:
        free = self.slots - sum(opened.slots_used for opened in self.open.values())
        for opened in self.open.values():
            while free > 0 and opened.may_start:
                number = opened.next_job()
                opened.started(number, self._run(opened.cluster, number))
                point("daemon-started-job")
                free -= 1

    def _run(self, cluster: Cluster, number: int) -> Runner:
        where = (str(self.directory.root), str(cluster.path), str(number))
        runner = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", RUN_JOB, *where],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.runners.append(runner)
        return runner

    def _tell(self, name: str, opened: OpenCluster) -> None:
        summary = opened.summary()
        if summary != self.written.get(name):
            if opened.is_over:
                close(opened)
            else:
                write_summary(opened.cluster, summary)
            self.written[name] = summary
            self.directory.mark_changed()
        if opened.is_over:
            del self.open[name], self.written[name]
            self.closed.add(name)

    # --- the end ---

    def _may_stop(self) -> bool:
        return not self.open and time.monotonic() > self.idle_since + self.stop_after

    def _abandon(self) -> None:
        """End the jobs of a directory that is gone; nobody could learn how they went."""
        for runner in self.runners:
            for pid in _session(runner.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> list[int]:
    """Return the processes of a runner's session, the job's first."""
    members: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            members.append(int(path.parent.name))
    return sorted(members, reverse=True)

"""What Data Dispatcher's daemon does now and then: time-outs, and finding replicas.

Nothing else ends a worker's reservation or abandons a project. The real one runs every 120 s, and
looks for the replicas of a new project at once.
"""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass
from typing import Optional

import psycopg2

from poms_client.testing.dispatcher import rucio
from poms_client.testing.engine import Database, data_dispatcher

INTERVAL = 120.0
DBProject = data_dispatcher.db.DBProject
DBReplica = data_dispatcher.db.DBReplica


@dataclass(frozen=True)
class Ticked:
    """How much one round changed."""

    released: int
    abandoned: int


class Daemon:
    """One round at a time (``tick``), or a thread that does one every ``interval`` seconds."""

    def __init__(self, database: Database, schemas: str) -> None:
        self._database = database
        self._schemas = schemas
        self._wanted = threading.Event()
        self._stopping = False
        self._thread: Optional[threading.Thread] = None

    def tick(self) -> Ticked:
        with self._database.connection(self._schemas) as db:
            active = list(DBProject.list(db, state="active"))
            released = sum(each.release_timed_out_handles() for each in active)
            for each in active:
                if not each.Attributes.get("virtual", False):
                    wanted = [handle.did() for handle in each.handles() if handle.is_active()]
                    DBReplica.sync_replicas(db, rucio.found(db, wanted))
            return Ticked(released, DBProject.mark_abandoned(db))

    def start(self, interval: float = INTERVAL) -> None:
        self._stopping = False
        self._thread = threading.Thread(
            target=self._run, args=(interval,), name="Data Dispatcher's daemon", daemon=True
        )
        self._thread.start()

    def wake(self) -> None:
        """Let the thread, if there is one, do a round now."""
        self._wanted.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, interval: float) -> None:
        while not self._stopping:
            try:
                self.tick()
            except psycopg2.Error:  # its server is restarted; the next round may find it again
                traceback.print_exc()
            self._wanted.wait(interval)
            self._wanted.clear()

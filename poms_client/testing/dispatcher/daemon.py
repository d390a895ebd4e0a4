"""What Data Dispatcher's daemon does now and then: time-outs, and finding replicas.

Nothing else ends a worker's reservation or abandons a project. The real one runs every 120 s.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Optional

from poms_client.testing.engine import Database, data_dispatcher

INTERVAL = 120.0
DBProject = data_dispatcher.db.DBProject


@dataclass(frozen=True)
class Ticked:
    """How much one round changed."""

    released: int
    abandoned: int


class Daemon:
    """One round at a time (``tick``), or a thread that does one every ``interval`` seconds."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema
        self._stopping = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def tick(self) -> Ticked:
        with self._database.connection(self._schema) as db:
            active = list(DBProject.list(db, state="active"))
            released = sum(each.release_timed_out_handles() for each in active)
            for each in active:
                if not each.Attributes.get("virtual", False):
                    self._find_replicas(db, each)
            return Ticked(released, DBProject.mark_abandoned(db))

    def _find_replicas(self, db: Any, project: Any) -> None:
        """Make the replicas of its files what ``locations`` says now."""
        wanted = [each.did() for each in project.handles() if each.is_active()]
        cursor = db.cursor()
        cursor.execute(
            "select l.namespace, l.name, l.rse, l.url, r.is_tape"
            " from locations l join rses r on r.name = l.rse and r.is_enabled"
            " where l.namespace || ':' || l.name = any(%s)",
            (wanted,),
        )
        found: dict[tuple[str, str], Any] = {}
        for namespace, name, rse, url, is_tape in cursor.fetchall():
            replica = {"urls": [url], "available": not is_tape}
            found.setdefault((namespace, name), {})[rse] = replica
        data_dispatcher.db.DBReplica.sync_replicas(db, found)

    def start(self, interval: float = INTERVAL) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(interval,), name="Data Dispatcher's daemon", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, interval: float) -> None:
        while not self._stopping.wait(interval):
            self.tick()

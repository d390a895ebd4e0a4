"""Projects: jobs start them, take their files one by one, and say how each went.

Each file of the project's snapshot is in one of ``STATUSES``, at first ``unconsumed``. A file is
handed out once: ``delivered``, then ``consumed`` or ``skipped`` as the job says, and ``completed``
when the process that consumed it ends well. That is attested by names only; the order is ours.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Optional

from poms_client.testing.sam import definitions
from poms_client.testing.sam.errors import BadRequest, Conflict, FileNotFound, ProjectNotFound
from poms_client.testing.sam.store import Row, Store, now

COUNTED = (
    *("consumed", "completed", "cancelled", "failed"),
    *("skipped", "delivered", "transferred", "unknown"),
)
STATUSES = ("unconsumed", *COUNTED)
TOLD_BY_JOBS = ("transferred", "delivered", "consumed", "skipped", "failed", "cancelled")
RUNNING, COMPLETED, INCOMPLETE = "running", "completed", "ended incomplete"
ACTIVE, BAD = "active", "bad"


@dataclass(frozen=True)
class Handed:
    """A file for a process: where it is; or none, now or ever (``wait``)."""

    url: Optional[str] = None
    name: Optional[str] = None
    wait: bool = False


def start(
    store: Store,
    name: str,
    *,
    defname: Optional[str] = None,
    snapshot: Optional[int] = None,
    station: str = "sam",
    group: str = "",
    user: str = "sam",
) -> int:
    """Start a project over a new snapshot of a definition, or over one that there is.

    Raises Conflict if there is a project of this name, DefinitionNotFound, BadRequest.
    """
    if not name or "/" in name or "'" in name:
        raise BadRequest("name: a name for the project is needed, without / and quotes")
    if (defname is None) == (snapshot is None):
        raise BadRequest("one of defname and snapshot_id is needed")
    if store.has_project(name):
        raise Conflict(f"Project '{name}' already exists")
    if defname is not None:
        snapshot = definitions.take_snapshot(store, defname)
    if not store.has_snapshot(str(snapshot)):
        raise BadRequest(f"Snapshot {snapshot} not found")
    with store.writing():
        return _create(store, name, snapshot, station, group, user)


def _create(store: Store, name: str, snapshot: Optional[int], *who: str) -> int:
    try:
        project = store.write(
            'insert into projects (name, snapshot, station, "group", "user", status, started)'
            " values (?, ?, ?, ?, ?, ?, ?)",
            *(name, snapshot, *who, RUNNING, now()),
        )
    except sqlite3.IntegrityError:
        raise Conflict(f"Project '{name}' already exists") from None
    store.write(
        "insert into consumption select ?, file, 'unconsumed', null from snapshot_files"
        " where snapshot = ?",
        *(project, snapshot),
    )
    return project


def establish_process(store: Store, project: str, **said: Any) -> int:
    """Begin a process; return its id. Conflict once the project has ended."""
    row = find(store, project)
    if row["status"] != RUNNING:
        raise Conflict(f"Project '{project}' has ended")
    columns = ("family", "name", "version", "node", "user", "description", "file_limit")
    return store.write(
        'insert into processes (project, status, family, name, version, node, "user",'
        " description, file_limit) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(row["id"], ACTIVE, *(said.get(column) for column in columns)),
    )


def next_file(store: Store, project: str, process: int) -> Handed:
    """Hand out the next file that is somewhere; wait where all that are left are nowhere."""
    with store.writing():
        running = _process(store, project, process)
        limit = running["file_limit"]
        if running["status"] != ACTIVE or (limit and running["delivered"] >= limit):
            return Handed()
        left = store.rows(
            "select c.file, f.name, min(l.path) as path from consumption c"
            " join files f on f.id = c.file left join locations l on l.file = f.id"
            " where c.project = ? and c.status = 'unconsumed'"
            " group by c.file order by path is null, c.file limit 1",
            running["project"],
        )
        if not left or left[0]["path"] is None:
            return Handed(wait=bool(left))
        store.write(
            "update consumption set status = 'delivered', process = ?"
            " where project = ? and file = ?",
            *(process, running["project"], left[0]["file"]),
        )
        store.write("update processes set delivered = delivered + 1 where id = ?", process)
    return Handed(_url(left[0]["path"], left[0]["name"]), left[0]["name"])


def _url(path: str, name: str) -> str:
    """A location is a folder, or (ours) the file itself."""
    return path if path.endswith(f"/{name}") else f"{path.rstrip('/')}/{name}"


def tell(store: Store, project: str, process: int, file: str, status: str) -> None:
    """What a job says of a file that it was handed."""
    if status not in TOLD_BY_JOBS:
        raise BadRequest(f"status '{status}': one of {', '.join(TOLD_BY_JOBS)} is needed")
    name = file.rsplit("/", 1)[-1]
    with store.writing():
        project_id = _process(store, project, process)["project"]
        there = store.row(
            "select f.id from consumption c join files f on f.id = c.file"
            " where c.project = ? and c.process = ? and f.name = ?",
            *(project_id, process, name),
        )
        if there is None:
            raise FileNotFound(f"File '{name}' wasn't delivered to process {process}")
        store.write(
            "update consumption set status = ? where project = ? and file = ?",
            *(status, project_id, there[0]),
        )


def end_process(store: Store, project: str, process: int, status: str = COMPLETED) -> None:
    """End a process: what it consumed is completed, if it is (``status``)."""
    with store.writing():
        _process(store, project, process)
        store.write("update processes set status = ? where id = ?", status, process)
        if status == COMPLETED:
            store.write(
                "update consumption set status = 'completed'"
                " where process = ? and status = 'consumed'",
                process,
            )


def end(store: Store, project: str) -> None:
    """End a project; processes that still run are bad, and what they hold is unknown."""
    with store.writing():
        row = find(store, project)
        left = store.value(
            "select count(*) from processes where project = ? and status = ?", row["id"], ACTIVE
        )
        store.write(
            "update consumption set status = 'unknown' where project = ? and status in"
            " ('delivered', 'transferred')",
            row["id"],
        )
        store.write(
            "update processes set status = ? where project = ? and status = ?",
            *(BAD, row["id"], ACTIVE),
        )
        store.write(
            "update projects set status = ?, ended = ? where id = ? and ended is null",
            *(INCOMPLETE if left else COMPLETED, now(), row["id"]),
        )


def put_status(store: Store, project: str, status: str, *files: str) -> None:
    """Put files of a project into a status, whatever they were in: for tests (ours)."""
    assert status in STATUSES, status
    with store.writing():
        row = find(store, project)
        for file in files:
            store.write(
                "update consumption set status = ? where project = ? and file ="
                " (select id from files where name = ?)",
                *(status, row["id"], file),
            )


def find(store: Store, name: str) -> Row:
    row = store.row("select * from projects where name = ?", name)
    if row is None:
        raise ProjectNotFound(f"Project '{name}' not found")
    return row


def _process(store: Store, project: str, process: int) -> Row:
    row = store.row(
        "select * from processes where id = ? and project = ?", process, find(store, project)["id"]
    )
    if row is None:
        raise ProjectNotFound(f"Project '{project}' has no process {process}")
    return row


def names(store: Store, **wanted: str) -> list[str]:
    """The names of projects that are as wanted: defname, user, started_after, started_before."""
    columns = {
        "defname": "snapshot in (select id from snapshots where definition_name = ?)",
        "user": '"user" = ?',
        "started_after": "started > strftime('%s', ?)",
        "started_before": "started < strftime('%s', ?)",
    }
    given = {columns[key]: value for key, value in wanted.items() if value}
    where = " and ".join(given) or "1"
    rows = store.rows(f"select name from projects where {where} order by id", *given.values())  # noqa: S608
    return [row[0] for row in rows]

"""What SAM tells of a project: how it goes, and what is left to do in it."""

from __future__ import annotations

from typing import Any, Optional

from poms_client.testing.sam import projects
from poms_client.testing.sam.store import Row, Store, shown_time
from poms_client.testing.sam.tree import written

PER_PROCESS = ("consumed", "cancelled", "failed", "skipped", "delivered", "unknown")


def summary(store: Store, name: str, process_limit: Optional[int] = None) -> dict[str, Any]:
    """How a project goes; of each process too, unless ``process_limit`` is 0."""
    row = projects.find(store, name)
    snapshot = store.row("select * from snapshots where id = ?", row["snapshot"])
    assert snapshot is not None
    files = _counts(store, "select status, count(*) from consumption where project = ?", row["id"])
    processes = "select status, count(*) from processes where project = ?"
    told: dict[str, Any] = {
        "project_id": row["id"],
        "project_name": name,
        "project_status": row["status"],
        "project_start_time": shown_time(row["started"]),
        "project_end_time": shown_time(row["ended"]),
        "project_desc": row["description"],
        "station_name": row["station"],
        "group": row["group"],
        "username": row["user"],
        "dataset_def_id": snapshot["definition"],
        "dataset_def_name": snapshot["definition_name"],
        "snapshot_id": row["snapshot"],
        "files_in_snapshot": sum(files.values()),
        "process_counts": _counts(store, processes, row["id"]),
        "file_counts": {status: files.get(status, 0) for status in projects.COUNTED},
    }
    return (
        told if process_limit == 0 else {**told, "processes": _processes(store, row, process_limit)}
    )


def _counts(store: Store, sql: str, *values: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in store.rows(f"{sql} group by status", *values)}


def _processes(store: Store, project: Row, limit: Optional[int]) -> list[dict[str, Any]]:
    """Each process; its counts have what it consumed under consumed, be it completed since."""
    told = []
    for row in store.rows(
        "select * from processes where project = ? order by id limit ?",
        *(project["id"], -1 if limit is None else limit),
    ):
        counts = _counts(
            store, "select status, count(*) from consumption where process = ?", row["id"]
        )
        counts["consumed"] = counts.get("consumed", 0) + counts.get("completed", 0)
        application = {key: row[key] for key in ("family", "name", "version")}
        told.append(
            {
                "process_id": row["id"],
                "status": row["status"],
                "node": row["node"],
                "application": application,
                "counts": {status: counts.get(status, 0) for status in PER_PROCESS},
            }
        )
    return told


def recovery_dimensions(
    store: Store, name: str, *, use_process: bool = True, use_files: bool = True
) -> str:
    """What is left to do in a project, as dimensions; empty when nothing is (text: ours)."""
    row = projects.find(store, name)
    whole = f"snapshot_for_project_name {written(name)}"
    done = f"project_name {written(name)}"
    if use_files:
        done += " and consumed_status consumed"
    if use_process:
        good = store.rows(
            "select id from processes where project = ? and status = ? order by id",
            *(row["id"], projects.COMPLETED),
        )
        if not good:
            return whole
        done += f" and consumer_process_id {','.join(str(process[0]) for process in good)}"
    dims = f"{whole} minus ({done})"
    left = dims.replace("consumed_status consumed", "consumed_status 'co%'")
    return dims if store.count(f"{left} with availability anylocation") else ""

"""Files: declared with their metadata, located, and how they descend from each other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Optional

from poms_client.testing.sam.errors import Conflict, FileNotFound, InvalidMetadata
from poms_client.testing.sam.kinds import IS_NUMBER, seconds_of
from poms_client.testing.sam.store import Row, Store, now, shown_time

TEXTS = ("file_type", "file_format", "data_tier", "data_stream", "content_status")
NUMBERS = ("event_count", "first_event", "last_event")
TIMES = ("start_time", "end_time")
ELSEWHERE = {
    *("file_name", "file_id", "file_size", "checksum", "create_date", "user", "update_date"),
    *("update_user", "runs", "application", "parents", "locations"),
}
COLUMNS = (
    *("name", "size", "checksum", "create_date", '"user"', "update_date", "update_user"),
    *("family", "application", "version", *TEXTS, *NUMBERS, *TIMES),
)
INSERT = f"insert into files ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
LINEAGE = {
    "parents": "select parent from parents where child = ?",
    "children": "select child from parents where parent = ?",
    "ancestors": """with recursive up(id) as (select parent from parents where child = ?
        union select parent from parents join up on child = up.id) select id from up""",
    "descendants": """with recursive down(id) as (select child from parents where parent = ?
        union select child from parents join down on parent = down.id) select id from down""",
}


def declare(store: Store, metadata: Mapping[str, Any], user: str = "sam") -> int:
    """Declare a file and return its id.

    ``metadata`` is what SAM answers about a file, as far as it is known before it is declared;
    ``parents`` may be names. ``locations`` saves saying them afterwards (ours).

    Raises:
        Conflict: there is a file of this name.
        InvalidMetadata: something has the wrong form, or a parent isn't declared.
    """
    with store.writing():
        try:
            file = store.write(INSERT, *_columns(metadata, user))
        except sqlite3.IntegrityError:
            raise Conflict(f"File '{metadata['file_name']}' exists already") from None
        _write_runs(store, file, metadata.get("runs") or [])
        _write_parents(store, file, metadata.get("parents") or [])
        _write_parameters(store, file, metadata)
        for path in metadata.get("locations") or []:
            _add_location(store, file, path)
    return file


def _columns(metadata: Mapping[str, Any], user: str) -> list[Any]:
    name, size = metadata.get("file_name"), metadata.get("file_size")
    if not isinstance(name, str) or not name or not name.isascii() or "/" in name:
        raise InvalidMetadata("file_name: a name of ASCII characters without / is needed")
    if size is not None and (not isinstance(size, int) or size < 0):
        raise InvalidMetadata("file_size: a number of bytes is needed")
    application = metadata.get("application") or {}
    if not isinstance(application, dict):
        raise InvalidMetadata("application: family, name and version are needed")
    user, at = metadata.get("user") or user, now()
    return [
        *(name, size, _checksum(metadata), at, user, at, user),
        *(application.get(key) for key in ("family", "name", "version")),
        *(metadata.get(key) for key in (*TEXTS, *NUMBERS)),
        *(_time(metadata, key) for key in TIMES),
    ]


def _checksum(metadata: Mapping[str, Any]) -> Optional[str]:
    sums = metadata.get("checksum")
    sums = [sums] if isinstance(sums, str) else sums
    return ",".join(sums) if sums else None


def _time(metadata: Mapping[str, Any], key: str) -> Optional[float]:
    said = metadata.get(key)
    if said is None or isinstance(said, (int, float)):
        return said
    return seconds_of(str(said))


def _write_runs(store: Store, file: int, runs: list[Any]) -> None:
    for run in runs:
        if not isinstance(run, list) or not 2 <= len(run) <= 3:
            raise InvalidMetadata("runs: a list of [run, subrun, type] or [run, type] is needed")
        number, subrun = run[0], run[1] if len(run) == 3 else None
        store.write("insert into runs values (?, ?, ?, ?)", file, number, subrun, run[-1])


def _write_parents(store: Store, file: int, parents: list[Any]) -> None:
    for parent in parents:
        name = parent.get("file_name") if isinstance(parent, dict) else parent
        there = store.value("select id from files where name = ?", name)
        if there is None or there == file:
            raise InvalidMetadata(f"parents: there is no file {name}")
        store.write("insert or ignore into parents values (?, ?)", file, there)


def _write_parameters(store: Store, file: int, metadata: Mapping[str, Any]) -> None:
    known = {*ELSEWHERE, *TEXTS, *NUMBERS, *TIMES}
    for name in metadata.keys() - known:
        if "." not in name:
            raise InvalidMetadata(f"{name}: there is no such field; your own are category.name")
        values = metadata[name] if isinstance(metadata[name], list) else [metadata[name]]
        for value in values:
            text = value if isinstance(value, str) else json.dumps(value)
            number = float(text) if IS_NUMBER.fullmatch(text) else None
            store.write("insert into parameters values (?, ?, ?, ?)", file, name, text, number)


def describe(store: Store, name: str) -> dict[str, Any]:
    """All metadata of a file, by SAM's names; FileNotFound."""
    row = _row(store, name)
    told: dict[str, Any] = {
        "file_name": row["name"],
        "file_id": row["id"],
        "file_size": row["size"],
        "checksum": row["checksum"].split(",") if row["checksum"] else [],
        "create_date": shown_time(row["create_date"]),
        "user": row["user"],
        "update_date": shown_time(row["update_date"]),
        "update_user": row["update_user"],
        **{key: row[key] for key in (*TEXTS, *NUMBERS)},
        **{key: shown_time(row[key]) for key in TIMES},
        "runs": [list(filled(run)) for run in _runs(store, row["id"])],
        "application": {k: row[v] for k, v in APPLICATION.items() if row[v] is not None},
        "parents": lineage(store, name, "parents"),
        **_parameters(store, row["id"]),
    }
    return {key: value for key, value in told.items() if value not in (None, [], {})}


APPLICATION = {"family": "family", "name": "application", "version": "version"}


def filled(run: Row) -> tuple[Any, ...]:
    """A run without a subrun has two members."""
    return tuple(run) if run[1] is not None else (run[0], run[2])


def _runs(store: Store, file: int) -> list[Row]:
    return store.rows("select number, subrun, type from runs where file = ? order by rowid", file)


def _parameters(store: Store, file: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value, number in store.rows(
        "select name, value, number from parameters where file = ? order by rowid", file
    ):
        shown = value if number is None else json.loads(value)
        told[name] = shown if name not in told else [*_listed(told[name]), shown]
    return told


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def locations(store: Store, name: str) -> list[dict[str, Any]]:
    """Where a file is; FileNotFound."""
    rows = store.rows(
        "select path, label from locations where file = ? order by path", _row(store, name)["id"]
    )
    return [
        {"location_type": "tape" if row["label"] else "disk", "full_path": row["path"]}
        | ({"label": row["label"]} if row["label"] else {})
        for row in rows
    ]


def relocate(store: Store, name: str, add: list[str], remove: list[str]) -> None:
    """Add and take away locations of a file; FileNotFound."""
    with store.writing():
        file = _row(store, name)["id"]
        for path in add:
            _add_location(store, file, path)
        for path in remove:
            store.write("delete from locations where file = ? and path = ?", file, path)


def lineage(store: Store, name: str, kind: str) -> list[dict[str, Any]]:
    """The relatives of a file, ``kind`` being a key of LINEAGE; FileNotFound."""
    file = _row(store, name)["id"]
    rows = store.rows(
        f"select name, id from files where id in ({LINEAGE[kind]}) order by id",  # noqa: S608
        file,
    )
    return [{"file_name": row["name"], "file_id": row["id"]} for row in rows]


def _add_location(store: Store, file: int, path: str) -> None:
    store.write("insert or ignore into locations (file, path) values (?, ?)", file, path)


def _row(store: Store, name: str) -> Row:
    row = store.row("select * from files where name = ?", name)
    if row is None:
        raise FileNotFound(f"File '{name}' not found")
    return row

"""Dataset definitions, which are asked anew at each use, and snapshots, which are lists."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from poms_client.testing.sam.errors import BadRequest, Conflict, DefinitionNotFound
from poms_client.testing.sam.grammar import parse
from poms_client.testing.sam.store import Row, Store, now, shown_time
from poms_client.testing.sam.tree import Definition, Node, children

ORDER = "order by f.id"


def create(
    store: Store, name: str, dims: str, user: str = "sam", group: str = "", description: str = ""
) -> Row:
    """Define a dataset; Conflict if there is one of this name, DimensionError for bad ``dims``."""
    _check_name(name)
    store.count(dims)
    with store.writing():
        try:
            store.write(
                'insert into definitions (name, dims, "user", "group", description, create_date)'
                " values (?, ?, ?, ?, ?, ?)",
                *(name, dims, user, group, description, now()),
            )
        except sqlite3.IntegrityError:
            raise Conflict(f"Dataset definition '{name}' already exists") from None
        return find(store, name)


def find(store: Store, name: str) -> Row:
    row = store.row("select * from definitions where name = ?", name)
    if row is None:
        raise DefinitionNotFound(f"Dataset definition '{name}' not found")
    return row


def shown(row: Row) -> dict[str, Any]:
    return {
        "defid": row["id"],
        "defname": row["name"],
        "dimensions": row["dims"],
        "username": row["user"],
        "group": row["group"],
        "description": row["description"],
        "create_date": shown_time(row["create_date"]),
    }


def names(store: Store, **wanted: str) -> list[str]:
    """The names of the definitions: all, or those of a ``defname``, ``user``, ``group``."""
    columns = {"defname": "name glob ?", "user": '"user" = ?', "group": '"group" = ?'}
    given = {columns[key]: value.replace("%", "*") for key, value in wanted.items() if value}
    where = " and ".join(given) or "1"
    rows = store.rows(f"select name from definitions where {where} order by id", *given.values())  # noqa: S608
    return [row[0] for row in rows]


def delete(store: Store, name: str) -> None:
    """Delete a definition; Conflict when a snapshot or another definition is made of it."""
    with store.writing():
        row = find(store, name)
        if store.row("select 1 from snapshots where definition = ?", row["id"]):
            raise Conflict(f"Dataset definition '{name}' can't be deleted: it has snapshots")
        users = [other[0] for other in _others(store, row["id"]) if name in _named(other[1])]
        if users:
            raise Conflict(f"Dataset definition '{name}' can't be deleted: {users[0]} uses it")
        store.write("delete from definitions where id = ?", row["id"])


def _others(store: Store, but: int) -> list[Row]:
    return store.rows("select name, dims from definitions where id != ?", but)


def _named(dims: str) -> set[str]:
    def walk(node: Node) -> set[str]:
        own = {node.name} if isinstance(node, Definition) else set()
        return own.union(*map(walk, children(node)))

    return walk(parse(dims))


def change(store: Store, name: str, new_name: str, description: str) -> Row:
    """Rename or describe a definition, as far as the texts aren't empty."""
    with store.writing():
        row = find(store, name)
        new_name = new_name or name
        _check_name(new_name)
        try:
            store.write(
                "update definitions set name = ?, description = ? where id = ?",
                *(new_name, description or row["description"], row["id"]),
            )
        except sqlite3.IntegrityError:
            raise Conflict(f"Dataset definition '{new_name}' already exists") from None
        return find(store, new_name)


def take_snapshot(store: Store, name: str) -> int:
    """Write down the files that a definition has now; return the snapshot's id."""
    with store.writing():
        row = find(store, name)
        files = store.select("f.id", row["dims"], ORDER)
        snapshot = store.write(
            "insert into snapshots (definition, definition_name, create_date) values (?, ?, ?)",
            *(row["id"], name, now()),
        )
        store.write_many(
            "insert into snapshot_files values (?, ?)", [(snapshot, file[0]) for file in files]
        )
    return snapshot


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[\x21-\x7e]+", name) or set(name) & set("'\"/"):
        raise BadRequest(
            f"defname '{name}': ASCII characters without blanks, quotes or / are needed"
        )

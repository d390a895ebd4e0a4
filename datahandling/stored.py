"""Queries as JSON: datasets are stored definitions, and snapshots and projects say what they were.

``to_json(Dataset("raw")[:4])`` is
``{"kind": "span", "of": {"kind": "dataset", "name": "raw"}, "start": 0, "stop": 4}``.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from datahandling import query as q
from datahandling.query import Query, QueryError

KINDS: dict[str, type[Query]] = {
    "nothing": q.Nothing,
    "everything": q.Everything,
    "dataset": q.Dataset,
    "snapshot": q.Snapshot,
    "project_files": q.ProjectFiles,
    "handles": q.Handles,
    "consumed": q.Consumed,
    "named": q.Named,
    "made_by": q.MadeBy,
    "unsigned": q.Unsigned,
    "children": q.Children,
    "parents": q.Parents,
    "run": q.Run,
    "runs_between": q.RunsBetween,
    "ended_between": q.EndedBetween,
    "created_after": q.CreatedAfter,
    "version": q.Version,
    "name_like": q.NameLike,
    "metadata": q.Metadata,
    "located": q.Located,
    "declared": q.Declared,
    "fragment": q.Fragment,
    "union": q.Union,
    "intersection": q.Intersection,
    "difference": q.Difference,
    "span": q.Span,
    "stride": q.Stride,
}
_KIND_OF = {cls: kind for kind, cls in KINDS.items()}


def to_json(query: Query) -> dict[str, Any]:
    """Return the query as what ``json`` can write: ``{"kind": "dataset", "name": "raw"}``."""
    said = {field.name: _encode(getattr(query, field.name)) for field in fields(query)}
    return {"kind": _KIND_OF[type(query)], **said}


def from_json(said: Any) -> Query:
    """Return the query that ``to_json`` wrote down; QueryError for anything else."""
    query = _decode(said)
    if not isinstance(query, Query):
        raise QueryError(f"this is no query: {said!r}")
    return query


def _encode(value: Any) -> Any:
    if isinstance(value, Query):
        return to_json(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    return value


def _decode(said: Any) -> Any:
    if isinstance(said, list):
        return tuple(_decode(item) for item in said)
    if not isinstance(said, dict):
        return said
    try:
        if said.keys() == {"time"}:
            return datetime.fromisoformat(said["time"])
        values = {name: _decode(value) for name, value in said.items() if name != "kind"}
        return KINDS[said["kind"]](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise QueryError(f"this is no query: {said!r}") from error

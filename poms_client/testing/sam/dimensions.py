"""Each dimension: what kind of values it has, and where they are kept.

A dimension is a condition on ``f``, a row of ``files``. Those of consumption are conditions on
``c``, one row of ``consumption`` (a file in a project).
"""

from __future__ import annotations

from dataclasses import dataclass

from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.kinds import NEGATIONS, compared
from poms_client.testing.sam.sql import Sql, both, negated
from poms_client.testing.sam.tree import Term


@dataclass(frozen=True)
class Dimension:
    """``column`` holds the values, and ``within`` leads from the files to it."""

    column: str
    kind: str = "text"
    within: str = "{}"
    of_consumption: bool = False


RUN = "f.id in (select file from runs where {})"
LOCATION = "f.id in (select file from locations where {})"
PARAMETER = "f.id in (select file from parameters where {})"
SNAPSHOT = "f.id in (select file from snapshot_files where {})"
OF_PROJECT = SNAPSHOT.replace("{}", "snapshot in (select snapshot from projects where {})")
NEWEST = SNAPSHOT.replace(
    "{}",
    "snapshot in (select max(id) from snapshots where definition is not null and {}"
    " group by definition)",
)
PROJECT = "c.project in (select id from projects where {})"
CONSUMER = "c.process in (select id from processes where {})"


def _consumed(column: str, kind: str = "text", within: str = "{}") -> Dimension:
    return Dimension(column, kind, within, of_consumption=True)


TEXTS = (
    *("file_type", "file_format", "data_tier", "data_stream", "content_status"),
    *("family", "application", "version", "checksum", "update_user"),
)
NUMBERS = ("event_count", "first_event", "last_event")
DATES = ("create_date", "update_date", "start_time", "end_time")

DIMENSIONS: dict[str, Dimension] = {
    **{name: Dimension(f"f.{name}") for name in TEXTS},
    **{name: Dimension(f"f.{name}", "number") for name in NUMBERS},
    **{name: Dimension(f"f.{name}", "date") for name in DATES},
    "file_name": Dimension("f.name"),
    "file_id": Dimension("f.id", "number"),
    "file_size": Dimension("f.size", "number"),
    "user": Dimension('f."user"'),
    "create_user": Dimension('f."user"'),
    "run_number": Dimension("number", "run", RUN),
    "run_type": Dimension("type", within=RUN),
    "full_path": Dimension("path", within=LOCATION),
    "tape_label": Dimension("label", within=LOCATION),
    "snapshot_id": Dimension("snapshot", "number", SNAPSHOT),
    "snapshot_for_project_name": Dimension("name", within=OF_PROJECT),
    "snapshot_for_project_id": Dimension("id", "number", OF_PROJECT),
    "dataset_def_name_newest_snapshot": Dimension("definition_name", within=NEWEST),
    "project_name": _consumed("name", within=PROJECT),
    "project_id": _consumed("c.project", "number"),
    "consumed_status": _consumed("c.status"),
    "consumer": _consumed("name", within=CONSUMER),
    "consumer_process_id": _consumed("c.process", "number"),
}


def condition(term: Term) -> Sql:
    """What a term says; DimensionError for a dimension or a value that makes no sense."""
    dimension = _dimension(term.name)
    operator = NEGATIONS.get(term.operator, term.operator)
    found = compared(dimension.kind, dimension.column, operator, term.values)
    if dimension.kind == "parameter":
        found = both([Sql("name = ?", (term.name,)), found])
    found = found.within(dimension.within)
    return negated(found) if term.operator in NEGATIONS else found


def is_of_consumption(term: Term) -> bool:
    return _dimension(term.name).of_consumption


def _dimension(name: str) -> Dimension:
    if "." in name:  # category.name, of the experiment's own
        return Dimension("value", "parameter", PARAMETER)
    try:
        return DIMENSIONS[name.lower()]
    except KeyError:
        raise DimensionError(f"Unknown dimension '{name}'") from None

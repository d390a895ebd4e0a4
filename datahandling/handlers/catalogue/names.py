"""Look up what a query names, before it is rendered: an unknown name is an error, not no files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from datahandling import query as q
from datahandling.base import NoSuchName
from datahandling.models import DatasetDefinition, Project, Snapshot
from datahandling.query import Query
from datahandling.stored import from_json


@dataclass(frozen=True)
class Collected(Query):
    """The files that were declared into a dataset, by the key of its row."""

    dataset: int


@dataclass
class Names:
    """What the names of one question stand for; datasets are followed through their definitions."""

    experiment: str
    datasets: dict[str, Query] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)


def look_up(experiment: str, query: Query) -> Names:
    """Ask once per level of definitions in definitions, once for projects, once for snapshots."""
    names = Names(experiment)
    parts = list(query.walk())
    while wanted := _dataset_names(parts) - names.datasets.keys():
        found = _datasets(experiment, wanted)
        names.datasets |= found
        parts += [part for definition in found.values() for part in definition.walk()]
    names.projects = _projects(experiment, _project_names(parts))
    _require_snapshots(experiment, {part.id for part in parts if isinstance(part, q.Snapshot)})
    return names


def _dataset_names(parts: Iterable[Query]) -> set[str]:
    return {part.name for part in parts if isinstance(part, q.Dataset)}


def _project_names(parts: Iterable[Query]) -> set[str]:
    of_project = (q.ProjectFiles, q.Handles, q.Consumed)
    return {part.project for part in parts if isinstance(part, of_project)}


def _datasets(experiment: str, names: set[str]) -> dict[str, Query]:
    rows = DatasetDefinition.objects.filter(experiment=experiment, name__in=names)
    found = {row.name: _meaning(row) for row in rows}
    _require("dataset", experiment, names - found.keys())
    return found


def _meaning(row: DatasetDefinition) -> Query:
    return Collected(row.pk) if row.definition is None else from_json(row.definition)


def _projects(experiment: str, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    rows = Project.objects.filter(experiment=experiment, name__in=names)
    found = dict(rows.values_list("name", "pk"))
    _require("project", experiment, names - found.keys())
    return found


def _require_snapshots(experiment: str, ids: set[int]) -> None:
    if ids:
        rows = Snapshot.objects.filter(experiment=experiment, pk__in=ids)
        _require("snapshot", experiment, ids - set(rows.values_list("pk", flat=True)))


def _require(kind: str, experiment: str, missing: set[Any]) -> None:
    if missing:
        shown = ", ".join(sorted(map(str, missing)))
        raise NoSuchName(f"experiment {experiment} has no {kind} {shown}")

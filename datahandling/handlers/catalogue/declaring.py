"""Declare files: what they are, where, from what, in which datasets; thousands at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from django.db import transaction

from datahandling import storable
from datahandling.base import DatasetConflict, NoSuchName
from datahandling.handlers.catalogue.writing import lock_declarations
from datahandling.models import (
    CHECKSUM,
    LOCATION,
    NAME,
    VERSION,
    DatasetDefinition,
    DatasetFile,
    File,
    Location,
    Parentage,
)
from datahandling.runs import parse_run

LARGEST_RUN = 2**63 - 1
LARGEST_SUBRUN = 2**31 - 1
Outcome = Literal["declared", "unchanged"]


class BadDeclaration(ValueError):
    """A file can't be declared like this; the message names it and says why."""


class FileConflict(Exception):
    """There is a file of this name already, and it is another one."""


@dataclass(frozen=True)
class Declaration:
    """A file to declare: ``size`` in bytes, ``checksum`` like "sha256:…", parents by name.

    Of the metadata ``run_number`` (4321 or "4321.0007"), ``version`` and ``end_time`` (ISO 8601, or
    seconds since 1970) can be asked for as run, version and end of the data.
    """

    name: str
    size: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    locations: Sequence[str] = ()
    parents: Sequence[str] = ()
    datasets: Sequence[str] = ()
    checksum: str = ""


@dataclass(frozen=True)
class Maker:
    """Who made the files: a job of this submission; ``version`` where the metadata say none."""

    submission: int
    stage: int
    version: str = ""


class Declared(NamedTuple):
    name: str
    outcome: Outcome


def declare(
    experiment: str, declarations: Iterable[Declaration], maker: Maker | None = None
) -> list[Declared]:
    """Declare all the files or, raising, none: in a constant number of statements.

    A file that is there already must have the same size, checksum, metadata and parents; locations
    and datasets are added to it, and it keeps its maker. A parent is declared before its child, or
    along with it. Raises BadDeclaration, FileConflict, DatasetConflict, and NoSuchName for parents.
    """
    wanted = _once_each(declarations)
    rows = {name: _row(experiment, said, maker) for name, said in wanted.items()}
    with transaction.atomic():
        lock_declarations(experiment)
        known = _files(experiment, wanted)
        _require_same(rows, known)
        File.objects.bulk_create([row for name, row in rows.items() if name not in known])
        files = {**rows, **known}
        _add_parents(experiment, wanted, files, known)
        _add_locations(wanted, files)
        _add_to_datasets(experiment, wanted, files)
    return [Declared(name, "unchanged" if name in known else "declared") for name in wanted]


def _once_each(declarations: Iterable[Declaration]) -> dict[str, Declaration]:
    wanted: dict[str, Declaration] = {}
    for said in declarations:
        if wanted.setdefault(said.name, said) != said:
            raise BadDeclaration(f"{said.name} is declared twice at once, and differently")
    return wanted


def _row(experiment: str, said: Declaration, maker: Maker | None) -> File:
    _require_sound(said)
    run, subrun = _run(said)
    return File(
        experiment=experiment,
        name=said.name,
        size=said.size,
        checksum=said.checksum,
        metadata=said.metadata,
        run_number=run,
        subrun=subrun,
        software_version=_version(said, maker),
        end_time=_end_time(said),
        made_by_submission=maker.submission if maker else None,
        made_by_stage=maker.stage if maker else None,
    )


def _require_sound(said: Declaration) -> None:
    _require_printable("a file name", said.name, NAME)
    for dataset in said.datasets:
        _require_printable(f"{said.name}: a dataset name", dataset, NAME)
    for url in said.locations:
        _require_printable(f"{said.name}: a location", url, LOCATION)
    if said.checksum:
        _require_printable(f"{said.name}: a checksum", said.checksum, CHECKSUM)
    if said.size < 0:
        raise BadDeclaration(f"{said.name}: a size is a number of bytes, not {said.size}")
    _require_json(said)


def _require_printable(what: str, text: str, length: int) -> None:
    if not 0 < len(text) <= length or not text.isprintable():
        raise BadDeclaration(f"{what} has 1 to {length} printable characters, not {text!r}")


def _require_json(said: Declaration) -> None:
    try:
        storable.require_json(said.metadata)
    except ValueError as error:
        raise BadDeclaration(f"{said.name}: the metadata are no JSON: {error}") from error


def _run(said: Declaration) -> tuple[int | None, int | None]:
    number = said.metadata.get("run_number")
    if number is None:
        return None, None
    try:
        run, subrun = parse_run(number)
    except ValueError as error:
        raise BadDeclaration(f"{said.name}: {error}") from error
    if run > LARGEST_RUN or (subrun or 0) > LARGEST_SUBRUN:
        raise BadDeclaration(f"{said.name}: no run has a number as large as {number}")
    return run, subrun


def _version(said: Declaration, maker: Maker | None) -> str:
    version = str(said.metadata.get("version") or (maker.version if maker else ""))
    if len(version) > VERSION:
        raise BadDeclaration(f"{said.name}: a version has at most {VERSION} characters")
    return version


def _end_time(said: Declaration) -> datetime | None:
    time = said.metadata.get("end_time")
    if time is None:
        return None
    try:
        if isinstance(time, int | float):
            return datetime.fromtimestamp(time, UTC)
        ended = datetime.fromisoformat(time)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadDeclaration(
            f"{said.name}: end_time is like 2025-03-01T12:00:00+00:00 or in seconds, not {time!r}"
        ) from error
    return ended if ended.tzinfo else ended.replace(tzinfo=UTC)


def _files(experiment: str, names: Iterable[str]) -> dict[str, File]:
    return {file.name: file for file in File.objects.filter(experiment=experiment, name__in=names)}


def _require_same(rows: Mapping[str, File], known: Mapping[str, File]) -> None:
    for name, there in known.items():
        for what in ("size", "checksum", "metadata"):
            old, new = getattr(there, what), getattr(rows[name], what)
            if old != new:
                raise FileConflict(f"{name} is declared already with another {what}: {old!r}")


def _add_parents(
    experiment: str,
    wanted: Mapping[str, Declaration],
    files: Mapping[str, File],
    known: Mapping[str, File],
) -> None:
    named = {parent for said in wanted.values() for parent in said.parents}
    parents = {**files, **_files(experiment, named - files.keys())}
    if missing := sorted(named - parents.keys()):
        raise NoSuchName(f"experiment {experiment} has no file {', '.join(missing)} (a parent)")
    lineage = {
        (files[name].pk, parents[parent].pk)
        for name, said in wanted.items()
        for parent in said.parents
    }
    if itself := [child for child, parent in lineage if child == parent]:
        raise BadDeclaration(f"a file can't be its own parent: {File.objects.get(pk=itself[0])}")
    _require_same_parents(lineage, known)
    Parentage.objects.bulk_create(
        [Parentage(child_id=child, parent_id=parent) for child, parent in sorted(lineage)],
        ignore_conflicts=True,
    )


def _require_same_parents(lineage: set[tuple[int, int]], known: Mapping[str, File]) -> None:
    names = {file.pk: file.name for file in known.values()}
    stored = Parentage.objects.filter(child__in=names).values_list("child", "parent")
    said = {(child, parent) for child, parent in lineage if child in names}
    if different := said.symmetric_difference(stored):
        name = names[min(different)[0]]
        raise FileConflict(f"{name} is declared already with other parents")


def _add_locations(wanted: Mapping[str, Declaration], files: Mapping[str, File]) -> None:
    Location.objects.bulk_create(
        [
            Location(file=files[name], url=url)
            for name, said in wanted.items()
            for url in said.locations
        ],
        ignore_conflicts=True,
    )


def _add_to_datasets(
    experiment: str, wanted: Mapping[str, Declaration], files: Mapping[str, File]
) -> None:
    names = sorted({dataset for said in wanted.values() for dataset in said.datasets})
    if not names:
        return
    DatasetDefinition.objects.bulk_create(
        [DatasetDefinition(experiment=experiment, name=name) for name in names],
        ignore_conflicts=True,
    )
    datasets = {
        row.name: row
        for row in DatasetDefinition.objects.filter(experiment=experiment, name__in=names)
    }
    if defined := [row.name for row in datasets.values() if row.definition is not None]:
        raise DatasetConflict(f"{defined[0]} is defined by a query: files can't be put into it")
    DatasetFile.objects.bulk_create(
        [
            DatasetFile(dataset=datasets[dataset], file=files[name])
            for name, said in wanted.items()
            for dataset in said.datasets
        ],
        ignore_conflicts=True,
    )

"""The embedded catalogue as a data handler: POMS's own database knows the files."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from datahandling import query as q
from datahandling.base import (
    DataHandler,
    DatasetConflict,
    NoSuchName,
    ProjectSummary,
    Reply,
    Trial,
    try_part,
)
from datahandling.handlers.catalogue import declaring, drawing, rendering, showing
from datahandling.handlers.catalogue.declaring import Declaration, Declared, Maker
from datahandling.handlers.catalogue.writing import insert_select
from datahandling.handles import HandlePage
from datahandling.models import DatasetDefinition, File, Handle, Project, Snapshot, SnapshotFile
from datahandling.query import Query
from datahandling.stored import to_json


class Catalogue(DataHandler):
    def check(self, query: Query) -> None:
        rendering.check(query)

    def count(self, query: Query) -> int:
        return rendering.files(self.experiment, query).count()

    def files(self, query: Query, limit: int | None = None) -> list[str]:
        return list(rendering.files(self.experiment, query).values_list("name", flat=True)[:limit])

    def first_run(self, query: Query) -> str | None:
        with_run = rendering.files(self.experiment, query).filter(run_number__isnull=False)
        first = with_run.first()
        return first.run if first else None

    def metadata(self, name: str) -> dict[str, Any]:
        file = File.objects.filter(experiment=self.experiment, name=name).first()
        if file is None:
            raise NoSuchName(f"experiment {self.experiment} has no file {name}")
        return {
            "name": file.name,
            "size": file.size,
            "checksum": file.checksum,
            "created_at": file.created_at.isoformat(),
            "made_by_submission": file.made_by_submission,
            "version": file.software_version,
            "locations": list(file.locations.order_by("pk").values_list("url", flat=True)),
            "parents": list(file.parents.order_by("pk").values_list("name", flat=True)),
            "metadata": file.metadata,
        }

    def exists(self, name: str) -> bool:
        return self._dataset(name) is not None

    def define(self, name: str, query: Query) -> None:
        rendering.files(self.experiment, query)  # raises for what could never be asked
        definition = to_json(query)
        once(lambda: self._create_dataset(name, definition))
        there = self._dataset(name)
        if there is None or there.definition != definition:
            raise DatasetConflict(f"there is another dataset {name} in {self.experiment}")

    def freeze(self, name: str, query: Query, *, anew: bool = False) -> int:
        there = self._dataset(name)
        if there is None:
            once(lambda: self._freeze(name, query))
        elif anew and (there.definition or {}).get("kind") == "snapshot":
            there.definition = to_json(q.Snapshot(self.take_snapshot(query)))
            there.save(update_fields=["definition"])
        return self.count(q.Dataset(name))

    def take_snapshot(self, query: Query) -> int:
        files = rendering.files(self.experiment, query)
        with transaction.atomic():
            snapshot = Snapshot.objects.create(
                experiment=self.experiment, definition=to_json(query)
            )
            insert_select(SnapshotFile, {"snapshot_id": snapshot.pk}, files)
        return snapshot.pk

    def start_project(
        self, name: str, query: Query, settings: Mapping[str, Any] | None = None
    ) -> ProjectSummary:
        summary = self.project(name)
        if summary is None:
            once(lambda: self._create_project(name, query))
            summary = self.project(name)
        assert summary is not None
        return summary

    def project(self, name: str) -> ProjectSummary | None:
        projects = Project.objects.filter(experiment=self.experiment, name=name)
        counts = projects.with_counts().values_list("file_count", *Handle.State.values).first()
        return ProjectSummary(*counts) if counts else None

    def try_it(self) -> list[Trial]:
        files = File.objects.filter(experiment=self.experiment)
        return [try_part("catalogue", "", lambda: Reply(f"{files.count()} files"))]

    def handles(
        self, project: str, state: str | None = None, *, start: int = 0, stop: int = 100
    ) -> HandlePage:
        return showing.handles(self.experiment, project, state, start, stop)

    # What only the embedded catalogue does: other services are told by the jobs themselves

    def declare(
        self, declarations: Iterable[Declaration], maker: Maker | None = None
    ) -> list[Declared]:
        """See ``declaring.declare``."""
        return declaring.declare(self.experiment, declarations, maker)

    def next_file(self, project: str, worker: str, request: str = "") -> File | None:
        """See ``drawing.next_file``."""
        return drawing.next_file(self.experiment, project, worker, request)

    def file_done(self, project: str, file: str, worker: str) -> None:
        """See ``drawing.file_done``."""
        drawing.file_done(self.experiment, project, file, worker)

    def file_failed(
        self, project: str, file: str, worker: str, *, retry: bool = False, why: str = ""
    ) -> None:
        """See ``drawing.file_failed``."""
        drawing.file_failed(self.experiment, project, file, worker, retry=retry, why=why)

    def _dataset(self, name: str) -> DatasetDefinition | None:
        return DatasetDefinition.objects.filter(experiment=self.experiment, name=name).first()

    def _create_dataset(self, name: str, definition: dict[str, Any]) -> None:
        DatasetDefinition.objects.create(
            experiment=self.experiment, name=name, definition=definition
        )

    def _freeze(self, name: str, query: Query) -> None:
        self._create_dataset(name, to_json(q.Snapshot(self.take_snapshot(query))))

    def _create_project(self, name: str, query: Query) -> None:
        files = rendering.files(self.experiment, query)
        project = Project.objects.create(
            experiment=self.experiment, name=name, definition=to_json(query)
        )
        insert_select(Handle, {"project_id": project.pk}, files)


def once(create: Callable[[], None]) -> None:
    """Create something whole, unless its name is taken, be it at this very moment."""
    try:
        with transaction.atomic():
            create()
    except IntegrityError:
        pass

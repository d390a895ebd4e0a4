"""Projects of Data Dispatcher for POMS's submissions: made once, found again, shared where told.

A submission has its own project, over the files of its dataset. Where a stage names a project, its
submissions share that one; and under the methodology 1P a recovery restarts its files in the
project of its original. Then the submission's own files are those that it was given.

A lease may end on the way, and a connection to the database may break: one process at a time is at
it, and the first number that is written down counts.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

from datahandling.base import ProjectSummary
from datahandling.dispatcher_models import DispatcherProject
from datahandling.errors import NoFreeFiles, NoSuchName, Unknown
from datahandling.handlers.data_dispatcher import claims, making
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher, Project
from datahandling.handlers.data_dispatcher.reading import read_project
from datahandling.handlers.data_dispatcher.resolving import own_handles
from datahandling.handlers.data_dispatcher.settings import Settings
from datahandling.locks import only_one
from datahandling.query import QueryError


@dataclass(frozen=True)
class Projects:
    experiment: str
    dispatcher: Dispatcher

    def find(self, name: str) -> DispatcherProject | None:
        """Return a project that is made."""
        rows = DispatcherProject.objects.filter(experiment=self.experiment, name=name)
        return rows.filter(made_at__isnull=False).first()

    def start(
        self,
        name: str,
        definition: Mapping[str, Any],
        files: Sequence[str],
        settings: Settings,
        query: str,
    ) -> None:
        """Make the project, or tie the name to the one that is to be shared.

        ``files`` are full names in the declared order; none, on a stage's own project: all of it.
        Unknown where another process is doing so.
        """
        row = self._row(name, definition)
        with only_one(_lock(f"poms:project/{row.pk}"), f"making the project {name}"):
            row.refresh_from_db()
            if row.made_at is not None:
                return
            row.server = self.dispatcher.server.url
            shared = self._shared(settings)
            if shared is not None and settings.restarts and not claims.has_all(shared, files):
                # It takes no more files later on: what was added since needs a project of its own.
                settings, shared = replace(settings, virtual=shared.virtual), None
            if shared is not None:
                self._share(row, shared, files, settings)
            elif files:
                files = files[: settings.load_limit]
                making.make(self.dispatcher, row, files, settings, query)
            self._follow(row)

    def _follow(self, row: DispatcherProject) -> None:
        """Write down the project for good; if another one was meanwhile, that one counts."""
        said = {"project_id": row.project_id, "server": row.server}
        if making.write(row, made_at=timezone.now(), **said):
            return
        counts = DispatcherProject.objects.get(pk=row.pk)
        if row.project_id is not None and row.project_id != counts.project_id:
            project = self.dispatcher.project(row.project_id)
            if project is not None and project.attributes.get(making.KEY) == str(row.key):
                self.dispatcher.cancel(project.id)
        if counts.made_at is None:
            raise Unknown(f"another process is at it: making the project {row.name}")

    def sharing(self, row: DispatcherProject) -> dict[str, list[str]]:
        """Return the names of the submissions' projects that are this one, by experiment."""
        if row.project_id is None:
            return {row.experiment: [row.name]}
        found: dict[str, list[str]] = {}
        for experiment, name in claims.sharing_with(row).values_list("experiment", "name"):
            found.setdefault(experiment, []).append(name)
        return found

    def owned_by_others(self, names: Collection[str]) -> set[str]:
        """Return the full names of what others own of the projects of these names."""
        own = DispatcherProject.objects.filter(experiment=self.experiment, name__in=names)
        return {
            file
            for row in own.exclude(project_id=None)
            for other in claims.sharing_with(row).exclude(pk__in=own)
            for file in other.files or ()
        }

    def summary(self, row: DispatcherProject) -> ProjectSummary | None:
        """Count the submission's own handles; None if Data Dispatcher has forgotten the project."""
        if row.project_id is None:
            return ProjectSummary(0, 0, 0, 0, 0)
        project = read_project(row, self.dispatcher, replicas=not row.virtual)
        return summary_of(row, project) if project is not None else None

    def _row(self, name: str, definition: Mapping[str, Any]) -> DispatcherProject:
        said = {"experiment": self.experiment, "name": name}
        try:
            with transaction.atomic():
                return DispatcherProject.objects.get_or_create(
                    **said, defaults={"definition": definition}
                )[0]
        except IntegrityError:
            return DispatcherProject.objects.get(**said)

    def _shared(self, settings: Settings) -> Project | None:
        """Return the project to share; None for one of its own, as where an original has none."""
        number = settings.project_id
        if number is None and settings.shares_originals:
            original = self.find(settings.restarts)
            if original is None:
                raise NoSuchName(f"experiment {self.experiment} has no project {settings.restarts}")
            number = original.project_id
        if number is None:
            return None
        project = self.dispatcher.project(number)
        if project is None:
            raise NoSuchName(f"Data Dispatcher has no project {number}")
        self._refuse_anothers(project)
        return project

    def _share(
        self, row: DispatcherProject, project: Project, files: Sequence[str], settings: Settings
    ) -> None:
        """Tie the name to a project that is there; files that are tried again are restarted."""
        old = claims.relaunched(row, project)
        again = bool(settings.restarts or (old is not None and old.files))
        if old is not None and not old.files:
            files = ()  # it had none of its own, and what is left of the project is tried again
        one = _lock(f"{row.server}/project/{project.id}")
        with only_one(one, f"sharing project {project.id}"):
            own = _own(row, project, files, settings, again=again)
            if own is not None and not own:
                raise NoFreeFiles(claims.why_none(row, project, files))
            count = len(project.handles if own is None else own)
            row.project_id = project.id
            said = {"virtual": project.virtual, "files": own, "file_count": count}
            if not making.write(row, project_id=project.id, server=row.server, **said):
                return
        if again and own:
            self.dispatcher.restart(project.id, own)

    def _refuse_anothers(self, project: Project) -> None:
        """Raise QueryError if POMS made it for another experiment.

        Experiments may have the same numbers, on servers of their own; keys tell them apart.
        """
        said = str(project.attributes.get(making.KEY, ""))
        others = DispatcherProject.objects.exclude(experiment=self.experiment)
        for other in others.filter(project_id=project.id):
            if str(other.key) == said:
                raise QueryError(
                    f"project {project.id} on Data Dispatcher belongs to experiment"
                    f" {other.experiment}: give the stage a project of {self.experiment}"
                )


def _lock(what: str) -> UUID:
    return uuid5(NAMESPACE_URL, what)


def _own(
    row: DispatcherProject,
    project: Project,
    files: Sequence[str],
    settings: Settings,
    *,
    again: bool,
) -> list[str] | None:
    """Return the files of a shared project that are the submission's; None for all of them.

    What is tried ``again`` is its own in whatever state, unless somebody else took it since; else a
    load limit takes what waits.
    """
    limit = settings.load_limit
    if not files and limit is None:
        return None
    if limit is not None and not again:
        return claims.waiting(row, project, files, settings.settled)[:limit]
    there = {handle.file for handle in project.handles}
    there -= claims.owned_by_others(row, project, settings.settled, settings.restarts)
    return [file for file in files if file in there][:limit]


def summary_of(row: DispatcherProject, project: Project) -> ProjectSummary:
    handles = own_handles(row, project.handles)
    counts = Counter(handle.state for handle in handles)
    lost = [handle for handle in handles if handle.replicas == 0 and handle.state == "initial"]
    return ProjectSummary(
        files=len(handles),
        initial=counts["initial"],
        reserved=counts["reserved"],
        done=counts["done"],
        failed=counts["failed"],
        details={
            "project_id": project.id,
            "files_in_project": len(project.handles),
            "not_located": 0 if project.virtual else len(lost),
        },
    )

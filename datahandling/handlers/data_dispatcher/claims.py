"""Which files of a project that submissions share are whose.

A submission that shares with a load limit has files of its own, which no other one takes while it
may still process them, whichever experiment it is of; so has a slice. One without either shares the
whole project.
"""

from collections.abc import Callable, Collection, Sequence

from django.db.models import Q, QuerySet

from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers.data_dispatcher.dispatcher import Project
from datahandling.query import ProjectFiles
from datahandling.stored import from_json

SettledOnes = Callable[[Collection[str]], Collection[str]]


def sharing_with(row: DispatcherProject, number: int | None = None) -> QuerySet[DispatcherProject]:
    """Return the rows of the same project: of any experiment that has it on that server.

    Of its own experiment are those, too, that were made when the server had another address.
    ``number``: of the project, where it isn't in the row yet.
    """
    here = Q(experiment=row.experiment) | Q(server=row.server)
    return DispatcherProject.objects.filter(here, project_id=number or row.project_id)


def has_all(project: Project, files: Sequence[str]) -> bool:
    return {handle.file for handle in project.handles}.issuperset(files)


def relaunched(row: DispatcherProject, project: Project) -> DispatcherProject | None:
    """Return what ``row`` is a relaunch of, if that shared the same project."""
    name = _tries_again(row)
    rows = DispatcherProject.objects.filter(experiment=row.experiment, project_id=project.id)
    return rows.filter(name=name).first() if name else None


def waiting(
    row: DispatcherProject, project: Project, files: Sequence[str], settled: SettledOnes
) -> list[str]:
    """Return those of ``files`` (none: of all) that jobs haven't had yet, and nobody else owns.

    ``settled`` picks, of names of projects, those whose submissions will process no more. Which
    files jobs get is not for us to say; but what a submission counts must be its own.
    """
    left = {handle.file for handle in project.handles if handle.state == "initial"}
    left -= owned_by_others(row, project, settled)
    return [file for file in files if file in left] if files else sorted(left)


def why_none(row: DispatcherProject, project: Project, files: Sequence[str]) -> str:
    """Say why no file of a project is left for a submission, and what to do."""
    handles = len(project.handles)
    if files and not any(handle.file in set(files) for handle in project.handles):
        return (
            f"none of the {len(files)} files of {row.name} is among the {handles} of project"
            f" {project.id} on Data Dispatcher: launch the stage on files of that project"
        )
    waiting = sum(handle.state == "initial" for handle in project.handles)
    return (
        f"project {project.id} on Data Dispatcher has no file free for {row.name}: of its {handles}"
        f" files {handles - waiting} were given to jobs already, and {waiting} belong to other"
        " submissions that may still process them. Launch it again when one of those is over, or"
        " when files are offered again on its page"
    )


def owned_by_others(
    row: DispatcherProject, project: Project, settled: SettledOnes, recovered: str = ""
) -> frozenset[str]:
    """Return what others may still process; not what ``row`` tries again, or ``recovered`` had."""
    others = list(sharing_with(row, project.id).exclude(pk=row.pk))
    passed_on = {*settled([other.name for other in others]), *map(_tries_again, others)}
    passed_on |= {recovered, _tries_again(row)}
    return frozenset(
        file for other in others if other.name not in passed_on for file in other.files or ()
    )


def _tries_again(row: DispatcherProject) -> str:
    """Return the name of the project that ``row`` is a relaunch of; empty if it is none."""
    definition = from_json(row.definition)
    return definition.project if isinstance(definition, ProjectFiles) else ""

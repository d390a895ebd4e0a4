"""Hand out a project's files to workers: each to one worker at a time."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from datahandling.base import NoSuchName
from datahandling.models import File, Handle, Project

State = Handle.State


class HandleConflict(Exception):
    """The worker answers for a file that it doesn't hold; the message says who does."""


def next_file(experiment: str, project: str, worker: str, request: str = "") -> File | None:
    """Reserve a file, the least tried first; None when none is left to hand out.

    Who asks again while holding a file gets the next one; who repeats a ``request``, because its
    answer was lost, gets the file that it reserved. Raises NoSuchName.
    """
    if not worker:
        raise ValueError("a worker needs a name, so that the file can be told to be its")
    in_project = Handle.objects.filter(project=_project(experiment, project))
    reserved = in_project.filter(state=State.RESERVED, worker=worker, request=request)
    handle = (reserved.first() if request else None) or _reserve(in_project, worker, request)
    if handle is None:
        return None
    return File.objects.prefetch_related("locations").get(pk=handle.file_id)


def _reserve(in_project: QuerySet[Handle], worker: str, request: str) -> Handle | None:
    with transaction.atomic():
        waiting = in_project.filter(state=State.INITIAL).order_by("attempts", "file")
        handle = waiting.select_for_update(skip_locked=True, no_key=True).first()
        if handle is None:
            return None
        handle.state = State.RESERVED
        handle.worker = worker
        handle.request = request
        handle.attempts += 1
        handle.reserved_at = timezone.now()
        handle.save(update_fields=["state", "worker", "request", "attempts", "reserved_at"])
    return handle


def file_done(experiment: str, project: str, file: str, worker: str) -> None:
    """Take the worker's word that it is through with the file; said again, nothing happens.

    Raises NoSuchName, or HandleConflict when it isn't the worker's.
    """
    _answer(experiment, project, file, worker, State.DONE, retry=False, why="")


def file_failed(
    experiment: str, project: str, file: str, worker: str, *, retry: bool = False, why: str = ""
) -> None:
    """Take back a file that the worker could not deal with; ``retry`` offers it again.

    Raises NoSuchName, or HandleConflict when it isn't the worker's. Said again, nothing happens.
    """
    to = State.INITIAL if retry else State.FAILED
    _answer(experiment, project, file, worker, to, retry=retry, why=why)


def _answer(
    experiment: str, project: str, file: str, worker: str, to: State, *, retry: bool, why: str
) -> None:
    handles = Handle.objects.filter(
        project__experiment=experiment, project__name=project, file__name=file
    )
    moved = handles.filter(state=State.RESERVED, worker=worker).update(
        state=to, retry=retry, why=why, ended_at=timezone.now()
    )
    if moved:
        return
    handle = handles.first()
    if handle is None:
        _project(experiment, project)
        raise NoSuchName(f"project {project} has no file {file}")
    if (handle.state, handle.worker) != (to, worker):
        held = f"{handle.state} by {handle.worker}" if handle.worker else handle.state
        raise HandleConflict(f"{file} of project {project} is {held}, not reserved by {worker}")


def _project(experiment: str, name: str) -> Project:
    try:
        return Project.objects.get(experiment=experiment, name=name)
    except Project.DoesNotExist:
        raise NoSuchName(f"experiment {experiment} has no project {name}") from None

"""A project's handles as people look at them, with what its jobs said."""

from datahandling.base import NoSuchName
from datahandling.handles import HandlePage, HandleRow
from datahandling.models import Handle, Project
from datahandling.query import HANDLE_STATES, QueryError


def handles(experiment: str, project: str, state: str | None, start: int, stop: int) -> HandlePage:
    """Return some of the handles in the order of their files; NoSuchName for no such project."""
    if state is not None and state not in HANDLE_STATES:
        raise QueryError(f"handle states are {', '.join(HANDLE_STATES)}, not {state!r}")
    found = Project.objects.filter(experiment=experiment, name=project).first()
    if found is None:
        raise NoSuchName(f"there is no project {project} in {experiment}")
    wanted = Handle.objects.filter(project=found)
    wanted = wanted if state is None else wanted.filter(state=state)
    rows = wanted.select_related("file").order_by("file")[start:stop]
    return HandlePage(tuple(_row(handle) for handle in rows), wanted.count())


def _row(handle: Handle) -> HandleRow:
    return HandleRow(
        file=handle.file.name,
        state=handle.state,
        attempts=handle.attempts,
        worker=handle.worker,
        retry=handle.retry and handle.state == Handle.State.INITIAL,
        why=handle.why,
    )

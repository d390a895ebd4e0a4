"""A submission's project, as people look at it and act on it."""

from collections.abc import Collection
from dataclasses import dataclass

from datahandling.dispatcher_models import DispatcherProject
from datahandling.errors import NoSuchName
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher, Handle, Project
from datahandling.handlers.data_dispatcher.reading import read_project
from datahandling.handlers.data_dispatcher.resolving import own_handles
from datahandling.handles import NOT_LOCATED, HandlePage, HandleRow
from datahandling.query import QueryError


@dataclass(frozen=True)
class Offering:
    """``row`` is a project that is made; its number is None where it had no files."""

    row: DispatcherProject
    dispatcher: Dispatcher
    namespace: str

    def page(self, state: str | None, start: int, stop: int) -> HandlePage:
        if self.row.project_id is None:
            return HandlePage((), 0)
        project = self._there(read_project(self.row, self.dispatcher, replicas=self._has_replicas))
        handles = [one for one in own_handles(self.row, project.handles) if _is(one, state)]
        handles.sort(key=lambda handle: handle.file)
        return HandlePage(tuple(self._shown(one) for one in handles[start:stop]), len(handles))

    def facts(self) -> dict[str, str]:
        if self.row.project_id is None:
            return {"project": "none: there was no file to hand out"}
        project = self._there(read_project(self.row, self.dispatcher))
        title = str(project.attributes.get("poms_title", ""))
        return {
            "project id": str(project.id),
            **({"title": title} if title else {}),
            "state": project.state,
            "owner": project.owner,
            "worker time-out": _time(project.worker_timeout),
            "idle time-out": _time(project.idle_timeout),
            "virtual": "yes" if project.virtual else "no",
            "load limit": str(project.attributes.get("load_limit", "none")),
            "files in project": str(len(project.handles)),
        }

    def restart(self, states: Collection[str], files: Collection[str]) -> None:
        """Offer the submission's own files again: those in these states, those of these names."""
        project = self._project()
        own = own_handles(self.row, project.handles)
        chosen = {one.file for one in own if one.state in states or one.file in files}
        if strange := sorted(set(files) - {one.file for one in own}):
            raise NoSuchName(f"{strange[0]} isn't among the files of {self.row.name}")
        if chosen:
            self.dispatcher.restart(project.id, chosen)

    def activate(self) -> None:
        self.dispatcher.activate(self._project().id)

    @property
    def _has_replicas(self) -> bool:
        return not self.row.virtual

    def _project(self) -> Project:
        """Read the project as it is now, to change it."""
        number = self.row.project_id
        if number is None:
            raise QueryError(f"{self.row.name} has no files, so Data Dispatcher has no project")
        return self._there(self.dispatcher.project(number))

    def _there(self, project: Project | None) -> Project:
        if project is None:
            number, name = self.row.project_id, self.row.name
            raise NoSuchName(f"Data Dispatcher has no project {number} ({name}) now")
        return project

    def _shown(self, handle: Handle) -> HandleRow:
        namespace, _, bare = handle.file.partition(":")
        name = bare if namespace == self.namespace else handle.file
        retried = handle.state == "initial" and handle.attempts > 0
        return HandleRow(
            name, handle.state, handle.attempts, handle.worker, handle.replicas, retry=retried
        )


def _is(handle: Handle, state: str | None) -> bool:
    if state == NOT_LOCATED:
        return handle.replicas == 0 and handle.state == "initial"
    return state is None or handle.state == state


def _time(seconds: float | None) -> str:
    """Return a length of time as the settings of projects write it, such as ``1d 6h``."""
    if seconds is None:
        return "never"
    left, words = round(seconds), []
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, length)
        if number:
            words.append(f"{number}{unit}")
    return " ".join(words) or "0s"

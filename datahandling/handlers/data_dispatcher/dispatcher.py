"""Data Dispatcher over HTTP, as POMS asks it: projects and their handles (server 2.0)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datahandling.handlers.data_dispatcher.tokens import Server
from datahandling.http import Answer
from datahandling.query import HANDLE_STATES
from datahandling.storable import is_count

BROKEN = 500
LONGEST = 10**9  # seconds of a time-out; 30 years, for one that isn't meant


@dataclass(frozen=True)
class Handle:
    """A file of a project. ``replicas``: how many can be read now; None where it wasn't asked."""

    file: str
    state: str
    attempts: int = 0
    worker: str = ""
    replicas: int | None = None


@dataclass(frozen=True)
class Project:
    """``state`` is Data Dispatcher's: active, done, failed, cancelled, abandoned.

    ``query`` is what whoever made it says that it was made over, in MQL; nobody has checked that.
    """

    id: int
    state: str
    owner: str
    attributes: Mapping[str, Any]
    handles: tuple[Handle, ...]
    worker_timeout: float | None = None
    idle_timeout: float | None = None
    query: str = ""

    @property
    def virtual(self) -> bool:
        """Whether jobs get files without a replica; any text counts as yes, even "False"."""
        return bool(self.attributes.get("virtual"))


@dataclass(frozen=True)
class Wanted:
    """A project to make; time-outs in seconds, None for none (a 0 would end it at once)."""

    files: Sequence[str]
    attributes: Mapping[str, Any]
    query: str
    worker_timeout: int | None = None
    idle_timeout: int | None = None
    users: Sequence[str] = ()


@dataclass(frozen=True)
class Dispatcher:
    server: Server

    def version(self) -> str:
        return self.server.ask("GET", "version").line()

    def create(self, wanted: Wanted) -> Project | None:
        """Make a project; None if Data Dispatcher broke over it (a user that it doesn't know).

        Not to be repeated without looking for what was made (``find``).
        """
        said = {
            "files": [_pair(name) for name in wanted.files],
            "project_attributes": dict(wanted.attributes),
            "query": wanted.query,
            "worker_timeout": wanted.worker_timeout,
            "idle_timeout": wanted.idle_timeout,
            "users": list(wanted.users),
            "roles": [],
        }
        ok = (200, BROKEN) if wanted.users else (200,)
        answer = self.server.ask("POST", "create_project", json=said, ok=ok)
        return _project(answer, answer.json()) if answer.status == 200 else None

    def find(self, attributes: Mapping[str, Any]) -> list[Project]:
        """Return our projects, in whatever state, that have these attributes; the oldest first."""
        params = {
            "attributes": json.dumps(attributes),
            "with_handles": "yes",
            "with_replicas": "no",
        }
        answer = self.server.ask("GET", "projects", params=params)
        said = answer.json()
        if not isinstance(said, list):
            raise answer.nonsense(f"with no list of projects: {answer.excerpt}")
        projects = [_project(answer, one) for one in said]
        return sorted(projects, key=lambda project: project.id)

    def project(self, number: int, *, replicas: bool = False) -> Project | None:
        params = {
            "project_id": number,
            "with_files": "yes",
            "with_replicas": "yes" if replicas else "no",
        }
        answer = self.server.ask("GET", "project", params=params, ok=(200, 404))
        if answer.status == 404:
            if "Project not found" not in answer.text:
                raise answer.nonsense(f"with a 404 that isn't its own: {answer.excerpt}")
            answer.is_clear()
            return None
        project = _project(answer, answer.json(), replicas=replicas)
        if project.id != number:
            raise answer.nonsense(f"about project {project.id} instead of {number}")
        return project

    def restart(self, number: int, files: Collection[str]) -> None:
        """Put these files of a project back to ``initial``; it is active again."""
        said = {"project_id": number, "handles": sorted(files)}
        self.server.ask("POST", "restart_handles", json=said, idempotent=True)

    def activate(self, number: int) -> None:
        self.server.ask("GET", "activate_project", params={"project_id": number})

    def cancel(self, number: int) -> None:
        self.server.ask("GET", "cancel_project", params={"project_id": number})


def _pair(name: str) -> dict[str, Any]:
    namespace, _, bare = name.partition(":")
    return {"namespace": namespace, "name": bare, "attributes": {}}


def _number(said: Any) -> int:
    """Return the number of a project; a wrong one, written down, would be asked for ever."""
    if not is_count(said) or said == 0:
        raise ValueError(f"{said!r} is no project's number")
    return said


def _seconds(said: Any) -> float | None:
    if said is not None and not (isinstance(said, int | float) and 0 <= said <= LONGEST):
        raise ValueError(f"{said!r} is no time-out")
    return said


def _attributes(said: Any) -> Mapping[str, Any]:
    if not isinstance(said or {}, dict):
        raise TypeError("its attributes have no names")
    return said or {}


def _project(answer: Answer, said: Any, *, replicas: bool = False) -> Project:
    try:
        return Project(
            _number(said["project_id"]),
            str(said["state"]),
            str(said["owner"]),
            _attributes(said["attributes"]),
            tuple(_handle(one, replicas=replicas) for one in said["file_handles"]),
            _seconds(said.get("worker_timeout")),
            _seconds(said.get("idle_timeout")),
            str(said.get("query") or ""),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise answer.nonsense(f"with no project ({error!r}): {answer.excerpt}") from error


def _handle(said: Mapping[str, Any], *, replicas: bool) -> Handle:
    if said["state"] not in HANDLE_STATES:
        raise ValueError(f"no state of a handle: {said['state']!r}")
    usable = [one for one in (said.get("replicas") or {}).values() if _is_usable(one)]
    return Handle(
        f"{said['namespace']}:{said['name']}",
        said["state"],
        int(said.get("attempts") or 0),
        str(said.get("worker_id") or ""),
        len(usable) if replicas else None,
    )


def _is_usable(replica: Mapping[str, Any]) -> bool:
    return bool(replica.get("available") and replica.get("rse_available"))

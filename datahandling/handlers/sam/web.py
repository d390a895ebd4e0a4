"""SAM's web interface, endpoint by endpoint: clear answers, or the errors of data handlers.

SAM says what is wrong as ``{"error": type, "message": text}``. A definition that isn't there is a
400 where dimensions are asked for, and a 404 where the definition itself is.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import quote

from datahandling.errors import NoSuchName, Unknown
from datahandling.http import Answer, Client, client_for
from datahandling.query import QueryError
from datahandling.services import Service

LONGEST_GET = 1024  # of dimensions; longer ones are posted, as SAM's own client does
REFUSED = (400, 404, 409)
NO_SUCH = frozenset({"DefinitionNotFound", "ProjectNotFound", "FileNotFound", "SnapshotNotFound"})
NOT_THERE = re.compile("not found|does not exist", re.IGNORECASE)


class Taken(Exception):
    """SAM's 409: the name is taken, or what is to be deleted is in use."""


class SamWeb:
    """The endpoints below ``<service url>``: ``…/sam/<experiment>/api``. All may raise Unknown."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._client: Client = client_for(service)

    # Files

    def count(self, dimensions: str) -> int:
        return self._of_dimensions("files/count", dimensions).number()

    def names(self, dimensions: str) -> list[str]:
        answer = self._of_dimensions("files/list", dimensions)
        names = answer.json()
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise answer.nonsense("with something else than names of files")
        return names

    def metadata(self, file: str) -> dict[str, Any]:
        found = self._object("GET", f"files/name/{_part(file)}/metadata", params=JSON)
        return self._about(file, found, "file_name")

    def locations(self, file: str) -> list[str]:
        """Where a file is: the paths that SAM knows."""
        answer = self._ask("GET", f"files/name/{_part(file)}/locations", params=JSON)
        rows = answer.json()
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise answer.nonsense("with something else than locations")
        return [str(row.get("full_path") or row.get("location")) for row in rows]

    # Definitions and snapshots

    def definition(self, name: str) -> str | None:
        """The dimensions of a definition; None if there is none of this name."""
        try:
            found = self._object("GET", f"definitions/name/{_part(name)}", params=JSON)
        except NoSuchName:
            return None
        dimensions = found.get("dimensions")
        if not isinstance(dimensions, str):
            raise Unknown(f"{self.service} didn't say what the definition {name} is")
        return dimensions

    def define(self, name: str, dimensions: str) -> None:
        """Create a definition; Taken if there is one of this name."""
        form = {"defname": name, "dims": dimensions, **self._owner}
        self._object("POST", "definitions/create", form=form, idempotent=True)

    def forget(self, name: str) -> None:
        """Delete a definition, if there is one; Taken if it is in use."""
        with suppress(NoSuchName):
            self._ask("DELETE", f"definitions/name/{_part(name)}", idempotent=True).plain()

    def take_snapshot(self, definition: str) -> int:
        """Write down a definition's files. One too many, after a lost answer, does no harm."""
        path = f"definitions/name/{_part(definition)}/snapshot"
        form = {"group": self._owner["group"]}
        return self._ask("POST", path, form=form, idempotent=True).number()

    # Projects

    def summary(self, project: str) -> dict[str, Any] | None:
        """How a project is; None if there is none of this name."""
        path = f"projects/name/{_part(project)}/summary"
        try:
            found = self._object("GET", path, params={**JSON, "process_limit": "0"})
        except NoSuchName:
            return None
        return self._about(project, found, "project_name")

    def recovery_dimensions(self, project: str) -> str:
        """What SAM says is left to do in a project, with the files of processes that failed.

        Empty when nothing is. SAM writes ``consumed`` where ``completed`` is meant, too.
        """
        path = f"projects/name/{_part(project)}/recovery_dimensions"
        answer = self._ask("GET", path, params={"format": "plain", "useProcess": "1"})
        return answer.plain().strip().replace("consumed_status consumed", "consumed_status 'co%'")

    @property
    def _owner(self) -> dict[str, str]:
        return {"user": self.service.owner, "group": self.service.experiment}

    def _of_dimensions(self, path: str, dimensions: str) -> Answer:
        said = {"dims": dimensions, **JSON}
        if len(dimensions) <= LONGEST_GET:
            return self._ask("GET", path, params=said)
        return self._ask("POST", path, form=said, idempotent=True)

    def _object(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        answer = self._ask(method, path, **how)
        found = answer.json()
        if not isinstance(found, dict):
            raise answer.nonsense("with something else than an object")
        return found

    def _about(self, name: str, found: dict[str, Any], key: str) -> dict[str, Any]:
        """Return what was found, if it says that it is about what was asked."""
        if found.get(key) != name:
            raise Unknown(f"{self.service}, asked about {name}, told of {found.get(key)!r} instead")
        return found

    def _ask(self, method: str, path: str, **how: Any) -> Answer:
        answer = self._client.ask(method, path, ok=(200, 201, *REFUSED), **how)
        if answer.status in REFUSED:
            _refuse(answer)
        return answer


JSON: Mapping[str, str] = {"format": "json"}


def _part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _refuse(answer: Answer) -> NoReturn:
    """Raise what SAM's refusal means; Unknown if these aren't SAM's words."""
    said = answer.json()
    if not isinstance(said, dict) or not {"error", "message"} <= said.keys():
        raise answer.nonsense(f"with status {answer.status}: {answer.excerpt}")
    kind, message = str(said["error"]), str(said["message"])
    missing = kind in NO_SUCH or (kind == "DimensionError" and NOT_THERE.search(message))
    if answer.status == 404 and not missing:
        raise answer.nonsense(f"with {kind}: {message}")
    answer.is_clear()
    if "query limit" in message:
        raise Unknown(f"the query is too large for {answer.asked} it said: {message}")
    if answer.status == 409:
        raise Taken(message)
    if missing:
        raise NoSuchName(f"SAM says: {message}")
    raise QueryError(f"SAM says: {message}")

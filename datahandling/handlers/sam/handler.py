"""SAM as a data handler: POMS asks, and jobs start the projects and declare the files."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from datahandling.base import DataHandler, ProjectSummary
from datahandling.caching import remembered
from datahandling.errors import DatasetConflict, NoSuchName, Unknown
from datahandling.handlers.sam import projects, trials
from datahandling.handlers.sam.rendering import dimensions
from datahandling.handlers.sam.web import SamWeb, Taken
from datahandling.query import (
    Consumed,
    Dataset,
    Fragment,
    Handles,
    Nothing,
    ProjectFiles,
    Query,
    QueryError,
    Snapshot,
)
from datahandling.runs import format_run
from datahandling.trials import Trial

SNAPSHOTS = UUID("5b0a1f3e-6a51-4a8c-93c0-2f4f0a0e7d11")
FROZEN = re.compile(r"\s*snapshot_id\s+[0-9]+\s*")
HAS_RUN = Fragment("run_number >= 0")


class Sam(DataHandler):
    """The experiment's SAM, at ``service.url``. See docs/adr/0019 for what a query shows."""

    signs_outputs = False
    makes_projects = False

    @cached_property
    def web(self) -> SamWeb:
        if self.service is None:
            raise Unknown(f"where SAM of {self.experiment} is isn't known")
        return SamWeb(self.service)

    def check(self, query: Query) -> None:
        dimensions(query)

    def text(self, query: Query) -> str:
        return dimensions(query)

    def count(self, query: Query) -> int:
        return self.web.count(self._asked(query))

    def files(self, query: Query, limit: int | None = None) -> list[str]:
        return self.web.names(self._asked(query if limit is None else query[:limit]))

    def first_run(self, query: Query) -> str | None:
        for name in self.files(query & HAS_RUN, limit=1):
            runs = self.web.metadata(name).get("runs")
            if runs:
                return _run(runs[0] if isinstance(runs, list) else runs)
        return None

    def metadata(self, name: str) -> dict[str, Any]:
        known = self.web.metadata(name)
        return {
            "name": name,
            "size": known.get("file_size"),
            "checksum": known.get("checksum", []),
            "created_at": known.get("create_date"),
            "version": _version(known),
            "locations": self.web.locations(name),
            "parents": _parents(known),
            "metadata": known,
        }

    # Datasets are definitions

    def exists(self, name: str) -> bool:
        return self.web.definition(name) is not None

    def define(self, name: str, query: Query) -> None:
        text = self._asked(query)
        try:
            self.web.define(name, text)
        except Taken:
            there = self.web.definition(name)
            if there is None or _words(there) != _words(text):
                raise DatasetConflict(
                    f"there is another definition {name} in SAM of {self.experiment}"
                ) from None

    def freeze(self, name: str, query: Query, *, anew: bool = False) -> int:
        there = self.web.definition(name)
        if there is None:
            self._freeze(name, query)
        elif anew and FROZEN.fullmatch(there):
            self._freeze_anew(name, query)
        return self.count(Dataset(name))

    def take_snapshot(self, query: Query) -> int:
        """Take a snapshot of a definition made for it: SAM takes them of nothing else."""
        text = self._asked(query)
        name = f"poms_snapshot_{uuid5(SNAPSHOTS, text)}"
        with suppress(Taken):  # by the same text
            self.web.define(name, text)
        return self.web.take_snapshot(name)

    # Projects are the jobs'

    def start_project(
        self, name: str, query: Query, settings: Mapping[str, Any] | None = None
    ) -> ProjectSummary:
        raise QueryError("SAM's projects are started by the jobs that use them, not by POMS")

    def project(self, name: str) -> ProjectSummary | None:
        summary = self._summary(name)
        return None if summary is None else projects.summed_up(summary)

    def project_facts(self, name: str) -> dict[str, str]:
        return projects.facts(self._summary(name) or {})

    def ended_well(self, project: str) -> Query:
        """All but what SAM itself would recover, which knows the processes."""
        text = self.web.recovery_dimensions(project)
        try:
            dimensions(left := Fragment(text) if text else Nothing())
        except QueryError as error:
            raise Unknown(f"SAM's recovery of {project} can't be read: {error}") from error
        return ProjectFiles(project) - left

    def try_it(self) -> list[Trial]:
        return trials.of(self.web.service)

    def file_page(self, name: str) -> str | None:
        service = self.web.service
        page = service.file_page or f"{service.url}/files/name/%(file)s/metadata"
        return page.replace("%(file)s", quote(name, safe=""))

    def _asked(self, query: Query) -> str:
        """Return the text of a query, once it is sure that the projects in it exist.

        SAM takes the name of a project that doesn't exist for a condition that no file meets.
        """
        text = dimensions(query)
        for part in query.walk():
            if isinstance(part, Consumed | Handles):
                self._require_project(part.project)
        return text

    def _summary(self, name: str) -> Mapping[str, Any] | None:
        """Ask for a project's summary, once in a look."""
        return remembered(("summary", self.service, name), partial(self.web.summary, name))

    def _require_project(self, name: str) -> None:
        key = (self.web.service.url, name)
        if key not in _known_projects:
            if self._summary(name) is None:
                raise NoSuchName(f"SAM of {self.experiment} has no project {name}")
            _known_projects.add(key)

    def _freeze(self, name: str, query: Query) -> None:
        number = self.take_snapshot(query)
        with suppress(Taken):  # somebody froze it at this very moment
            self.web.define(name, dimensions(Snapshot(number)))

    def _freeze_anew(self, name: str, query: Query) -> None:
        """Replace a frozen list that nobody has used yet; one in use was the decision's."""
        number = self.take_snapshot(query)
        with suppress(Taken):
            self.web.forget(name)
            self.web.define(name, dimensions(Snapshot(number)))


_known_projects: set[tuple[str, str]] = set()  # for good: SAM deletes no project


def _words(text: str) -> list[str]:
    return text.split()


def _version(known: Mapping[str, Any]) -> str:
    application = known.get("application") or {}
    if not isinstance(application, dict):
        raise Unknown(f"SAM says {application!r} for a file's application, which is none")
    return str(application.get("version") or "")


def _parents(known: Mapping[str, Any]) -> list[str]:
    parents = known.get("parents") or []
    if not isinstance(parents, list) or not all(isinstance(one, dict) for one in parents):
        raise Unknown(f"SAM says {parents!r} for a file's parents, which are none")
    return [str(parent.get("file_name")) for parent in parents]


def _run(said: Any) -> str:
    """Return ``[4321, 7, "physics"]`` as ``4321.0007``; ``[4321, "physics"]`` as ``4321``."""
    try:
        number, *rest = said
        subrun = rest[0] if len(rest) > 1 else None
        return format_run(int(number), None if subrun is None else int(subrun))
    except (TypeError, ValueError) as error:
        raise Unknown(f"SAM says that a file is of run {said!r}, which is none") from error

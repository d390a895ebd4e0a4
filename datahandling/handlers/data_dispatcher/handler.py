"""MetaCat with Data Dispatcher as a data handler: one knows the files, the other hands them out."""

from collections.abc import Collection, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from datahandling.base import DataHandler, NoSuchName, ProjectSummary, Unknown
from datahandling.handlers.data_dispatcher import tokens, trials, words
from datahandling.handlers.data_dispatcher.datasets import Datasets
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher
from datahandling.handlers.data_dispatcher.evaluating import Evaluator
from datahandling.handlers.data_dispatcher.facts import first_run, known_of
from datahandling.handlers.data_dispatcher.keys import keys
from datahandling.handlers.data_dispatcher.metacat import MetaCat
from datahandling.handlers.data_dispatcher.offering import Offering
from datahandling.handlers.data_dispatcher.projects import Projects
from datahandling.handlers.data_dispatcher.rendering import CONDITIONS, condition
from datahandling.handlers.data_dispatcher.resolving import Resolver, refuse_signatures
from datahandling.handlers.data_dispatcher.settings import Settings
from datahandling.handlers.data_dispatcher.telling import Teller
from datahandling.handlers.data_dispatcher.typed import is_typed, read
from datahandling.handles import HandlePage
from datahandling.query import Dataset, MadeBy, Named, Nothing, Query, Unsigned
from datahandling.services import Service
from datahandling.stored import from_json, to_json
from datahandling.trials import Trial

FILE_PAGE = "%s/gui/show_file?show_form=no&fid=%%(file)s"


class DataDispatcher(DataHandler):
    """Files are called ``ns:name``, those of the service's own namespace ``name``."""

    signs_outputs = False
    makes_projects = True
    knows_locations = False
    restarts_handles = True

    service: Service

    def __init__(self, experiment: str, service: Service | None = None) -> None:
        super().__init__(experiment, service)
        if service is None:
            raise Unknown(f"where Data Dispatcher of {experiment} is isn't known")

    def check(self, query: Query) -> None:
        for part in query.walk():
            if isinstance(part, MadeBy | Unsigned):
                refuse_signatures()
            if type(part) in CONDITIONS:
                condition(part, keys())
            if isinstance(part, Dataset) and is_typed(part.name):
                read(part.name)

    def count(self, query: Query) -> int:
        return self.evaluator.count(self._resolve(query))

    def files(self, query: Query, limit: int | None = None) -> list[str]:
        return [self._short(name) for name in self._full_names(query, limit)]

    def first_run(self, query: Query) -> str | None:
        return first_run(self.evaluator, self._resolve(query))

    def metadata(self, name: str) -> dict[str, Any]:
        file = self.metacat.file(words.full_name(name, self.service.namespace))
        if file is None:
            raise NoSuchName(f"experiment {self.experiment} has no file {name}")
        known = known_of(file, self.metacat, self.evaluator.keys)
        short = [self._short(parent) for parent in known["parents"]]
        return {**known, "name": self._short(file.name), "parents": short}

    def stem(self, dataset: str) -> str:
        """Of a query that somebody typed, a name that is the same for the same query."""
        if not is_typed(dataset):
            return dataset
        return f"poms_query_{sha256(dataset.encode()).hexdigest()[:12]}"

    def exists(self, name: str) -> bool:
        return self.datasets.exists(name)

    def define(self, name: str, query: Query) -> None:
        self._resolve(query)  # raises for what could never be asked
        self.datasets.define(name, query)

    def freeze(self, name: str, query: Query, *, anew: bool = False) -> int:
        resolved = self._resolve(query)
        saved = self.datasets.freeze(name, query, resolved, anew=anew)
        return self.count(Dataset(name)) if saved is None else self.evaluator.count(saved)

    def take_snapshot(self, query: Query) -> int:
        return self.datasets.take_snapshot(query, self._resolve(query))

    def start_project(
        self, name: str, query: Query, settings: Mapping[str, Any] | None = None
    ) -> ProjectSummary:
        if self.projects.find(name) is None:
            files = self._full_names(query, None)
            said = Settings.of(settings)
            self.projects.start(name, to_json(query), files, said, self.text(query))
        summary = self.project(name)
        if summary is None:
            raise NoSuchName(f"Data Dispatcher has forgotten the project {name}: launch it anew")
        return summary

    def project(self, name: str) -> ProjectSummary | None:
        row = self.projects.find(name)
        return None if row is None else self.projects.summary(row)

    def handles(
        self, project: str, state: str | None = None, *, start: int = 0, stop: int = 100
    ) -> HandlePage:
        return self._offering(project).page(state, start, stop)

    def project_facts(self, name: str) -> dict[str, str]:
        return self._offering(name).facts()

    def sharing(self, project: str) -> dict[str, list[str]]:
        row = self.projects.find(project)
        return super().sharing(project) if row is None else self.projects.sharing(row)

    def owned_by_others(self, projects: Collection[str]) -> Query:
        files = self.projects.owned_by_others(projects)
        return Named(tuple(sorted(files))) if files else Nothing()

    def restart_handles(
        self, project: str, *, states: Collection[str] = (), files: Collection[str] = ()
    ) -> None:
        full = [words.full_name(file, self.service.namespace) for file in files]
        self._offering(project).restart(states, full)

    def activate_project(self, name: str) -> None:
        self._offering(name).activate()

    def text(self, query: Query) -> str:
        return Teller(self.experiment, self.service.namespace, keys()).tell(query)

    def file_page(self, name: str) -> str | None:
        file = self.metacat.file(words.full_name(name, self.service.namespace))
        if file is None:
            return None
        page = self.service.file_page or FILE_PAGE % self.service.metacat_url
        return page.replace("%(file)s", quote(file.fid))

    def try_it(self) -> list[Trial]:
        return trials.of(self.service)

    def environment(self, project: str) -> dict[str, str]:
        found = super().environment(project)
        row = self.projects.find(project)
        if row is None:
            return found
        return {
            **found,
            "POMS_DATA_DISPATCHER_PROJECT_ID": str(row.project_id or ""),
            "POMS_DATA_DISPATCHER_DATASET_QUERY": self.text(from_json(row.definition)),
        }

    @cached_property
    def metacat(self) -> MetaCat:
        return MetaCat(tokens.metacat_of(self.service))

    @cached_property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(tokens.dispatcher_of(self.service))

    @property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.metacat, keys())

    @property
    def datasets(self) -> Datasets:
        return Datasets(self.experiment, self.service.namespace, self.evaluator)

    @property
    def projects(self) -> Projects:
        return Projects(self.experiment, self.dispatcher)

    def _resolve(self, query: Query) -> Query:
        namespace = self.service.namespace
        return Resolver(self.experiment, namespace, self.evaluator, self.dispatcher).resolve(query)

    def _full_names(self, query: Query, limit: int | None) -> list[str]:
        return self.evaluator.in_order(self._resolve(query), limit)

    def _short(self, name: str) -> str:
        """Return a file's name without the namespace, where that is the service's own."""
        namespace, _, bare = name.partition(":")
        return bare if namespace == self.service.namespace else name

    def _offering(self, project: str) -> Offering:
        row = self.projects.find(project)
        if row is None:
            raise NoSuchName(f"experiment {self.experiment} has no project {project}")
        return Offering(row, self.dispatcher, self.service.namespace)

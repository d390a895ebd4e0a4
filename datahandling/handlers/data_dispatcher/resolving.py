"""Look up what a query names: datasets, snapshots, projects. What is left MetaCat can be asked.

A resolver belongs to one question: what it has been told of a project or dataset, it isn't told
differently within the same answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from datahandling import query as q
from datahandling.caching import shared
from datahandling.dispatcher_models import DispatcherProject, ListSnapshot, NamedQuery
from datahandling.errors import NoSuchName
from datahandling.handlers.data_dispatcher import typed, words
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher, Handle
from datahandling.handlers.data_dispatcher.evaluating import MANY, Evaluator, is_long
from datahandling.handlers.data_dispatcher.lists import Listed, Stored, Typed
from datahandling.handlers.data_dispatcher.reading import read_project
from datahandling.handlers.data_dispatcher.rendering import CONDITIONS, condition
from datahandling.handlers.data_dispatcher.telling import Teller, is_placeholder
from datahandling.query import Query, QueryError
from datahandling.stored import from_json

FAR_MORE = 4  # times as many files: asking for all of them would take longer than piece by piece


@dataclass
class Resolver:
    experiment: str
    namespace: str
    evaluator: Evaluator
    dispatcher: Dispatcher
    _handles: dict[str, tuple[Handle, ...]] = field(default_factory=dict)
    _queries: dict[str, str] = field(default_factory=dict)
    _there: set[str] = field(default_factory=set)

    def resolve(self, query: Query) -> Query:
        """Return the query in terms of files and of what MetaCat has.

        Raises NoSuchName, QueryError, Unknown.
        """
        if type(query) in CONDITIONS:
            condition(query, self.evaluator.keys)  # may be refused
            return query
        resolved: Query = RESOLVED[type(query)](self, query)
        return resolved

    def dataset(self, query: q.Dataset) -> Query:
        row = NamedQuery.objects.filter(experiment=self.experiment, name=query.name).first()
        if row is not None and not row.dataset:
            return self.resolve(from_json(row.definition))
        if row is not None and row.saved_at is not None:
            return self.stored(Stored(row.dataset))
        if row is None and typed.is_typed(query.name):
            return self.resolve(typed.read(query.name))
        name = words.full_name(query.name, self.namespace)
        if row is not None or words.NAME.fullmatch(name.replace(":", "", 1)) is None:
            raise NoSuchName(f"experiment {self.experiment} has no dataset {query.name}")
        return self.stored(Stored(name))

    def stored(self, query: Stored) -> Query:
        """Ask whether the dataset is there: MetaCat takes one that isn't for an empty one."""
        if query.dataset not in self._there:
            if not self.evaluator.metacat.has_dataset(query.dataset):
                raise NoSuchName(f"MetaCat has no dataset {query.dataset}")
            self._there.add(query.dataset)
        return query

    def typed(self, query: Typed) -> Query:
        for name in typed.datasets_of(query):
            self.stored(Stored(name))
        return query

    def snapshot(self, query: q.Snapshot) -> Query:
        row = ListSnapshot.objects.filter(experiment=self.experiment, pk=query.id).first()
        if row is None or row.saved_at is None:
            raise NoSuchName(f"experiment {self.experiment} has no snapshot {query.id}")
        return self.stored(Stored(row.dataset))

    def project_files(self, query: q.ProjectFiles) -> Query:
        return self.handles(q.Handles(query.project, q.HANDLE_STATES))

    def consumed(self, query: q.Consumed) -> Query:
        return self.handles(q.Handles(query.project, ("done",)))

    def handles(self, query: q.Handles) -> Query:
        found = self.handles_of(query.project)
        files = frozenset(one.file for one in found if one.state in query.states)
        is_many = len(files) > MANY // 2
        return Listed(files, self.among(query.project, len(files)) if is_many else None)

    def among(self, project: str, count: int) -> Query | None:
        """Return what a project was made over, if MetaCat can be asked for it.

        ``count``: how many files of the project it is about.
        """
        definition = self._definition(project)
        if isinstance(definition, q.Nothing):
            return self._made_over(project, count)
        said = Teller(self.experiment, self.namespace, self.evaluator.keys).told(definition)
        return None if any(map(is_placeholder, said.walk())) else said

    def _definition(self, project: str) -> Query:
        row = DispatcherProject.objects.get(experiment=self.experiment, name=project)
        definition = from_json(row.definition)
        if isinstance(definition, q.ProjectFiles):  # of a relaunch
            return self._definition(definition.project)
        return definition

    def _made_over(self, project: str, count: int) -> Query | None:
        """Return what somebody else's project says of itself, unless MetaCat has far more of it."""
        text = self._queries.get(project, "")
        if not typed.is_typed(text):
            return None
        try:
            query = typed.read(text)
            metacat = self.evaluator.metacat
            there = shared(("count", metacat, query), partial(self.evaluator.count, query))
        except QueryError:  # it may say anything
            return None
        return query if there <= FAR_MORE * count else None

    def handles_of(self, name: str) -> tuple[Handle, ...]:
        """Return the handles of a project that are its submission's own."""
        if name not in self._handles:
            row = DispatcherProject.objects.filter(
                experiment=self.experiment, name=name, made_at__isnull=False
            ).first()
            if row is None:
                raise NoSuchName(f"experiment {self.experiment} has no project {name}")
            self._handles[name] = self._own_handles(row)
        return self._handles[name]

    def _own_handles(self, row: DispatcherProject) -> tuple[Handle, ...]:
        if row.project_id is None:
            return ()  # a project over no file isn't made
        project = read_project(row, self.dispatcher)
        if project is None:
            raise NoSuchName(f"Data Dispatcher has no project {row.project_id} ({row.name}) now")
        self._queries[row.name] = project.query
        return own_handles(row, project.handles)

    def named(self, query: q.Named) -> Query:
        names = [words.full_name(name, self.namespace) for name in query.names]
        return Listed(frozenset(file.name for file in self.evaluator.metacat.files("did", names)))

    def span(self, query: q.Span) -> Query:
        of = self.resolve(query.of)
        if not is_long(of):
            return q.Span(of, query.start, query.stop)
        return Listed(frozenset(self.evaluator.in_order(of)[query.start : query.stop]))

    def stride(self, query: q.Stride) -> Query:
        """Pick them here: MQL can't say every n-th."""
        files = self.evaluator.in_order(self.resolve(query.of))
        return Listed(frozenset(files[query.offset :: query.n]))

    def related(self, query: q.Children | q.Parents) -> Query:
        return type(query)(self.resolve(query.of), query.depth)

    def combined(self, query: q.Union | q.Intersection) -> Query:
        return type(query)(tuple(self.resolve(part) for part in query.parts))

    def difference(self, query: q.Difference) -> Query:
        return q.Difference(self.resolve(query.left), self.resolve(query.right))

    def itself(self, query: Query) -> Query:
        return query

    def unsigned(self, query: Query) -> Query:
        refuse_signatures()
        return query


def own_handles(row: DispatcherProject, handles: tuple[Handle, ...]) -> tuple[Handle, ...]:
    if row.files is None:
        return handles
    own = set(row.files)
    return tuple(handle for handle in handles if handle.file in own)


def refuse_signatures() -> None:
    raise QueryError(
        "MetaCat's files aren't signed by who made them: ask by lineage, version and time instead"
    )


RESOLVED: dict[type[Query], Callable[[Resolver, Any], Query]] = {
    q.Nothing: Resolver.itself,
    q.Everything: Resolver.itself,
    q.Located: Resolver.itself,
    q.Declared: Resolver.itself,
    Listed: Resolver.itself,
    Stored: Resolver.stored,
    Typed: Resolver.typed,
    q.Dataset: Resolver.dataset,
    q.Snapshot: Resolver.snapshot,
    q.ProjectFiles: Resolver.project_files,
    q.Handles: Resolver.handles,
    q.Consumed: Resolver.consumed,
    q.Named: Resolver.named,
    q.MadeBy: Resolver.unsigned,
    q.Unsigned: Resolver.unsigned,
    q.Children: Resolver.related,
    q.Parents: Resolver.related,
    q.Union: Resolver.combined,
    q.Intersection: Resolver.combined,
    q.Difference: Resolver.difference,
    q.Span: Resolver.span,
    q.Stride: Resolver.stride,
}

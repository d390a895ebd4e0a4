"""A data handler that keeps everything in lists: for trying a law on many cases quickly.

It evaluates queries naively, as the words say. The catalogue's own tests hold it to the same laws.
"""

from dataclasses import dataclass
from datetime import datetime

from datahandling import query as q
from datahandling.base import DataHandler, DatasetConflict, ProjectSummary


@dataclass(frozen=True)
class MemoryFile:
    name: str
    run: str | None = None
    ended: datetime | None = None


class MemoryHandler(DataHandler):
    def __init__(self, experiment="exp"):
        super().__init__(experiment)
        self.all = []
        self.datasets = {}
        self.snapshots = {}
        self.consumed = {}
        self.asked = 0

    def declare(self, dataset, *files):
        """Add files (or names) at the end of ``dataset``, which is a list here."""
        files = [MemoryFile(file) if isinstance(file, str) else file for file in files]
        self.all += files
        self.datasets.setdefault(dataset, []).extend(file.name for file in files)

    def check(self, query):
        pass

    def count(self, query):
        self.asked += 1
        return len(self.files(query))

    def files(self, query, limit=None):
        return [file.name for file in self._evaluate(query)][:limit]

    def first_run(self, query):
        return next((file.run for file in self._evaluate(query) if file.run), None)

    def metadata(self, name):
        return {}

    def exists(self, name):
        return name in self.datasets

    def define(self, name, query):
        if self.datasets.setdefault(name, query) != query:
            raise DatasetConflict(name)

    def freeze(self, name, query, *, anew=False):
        files = self.files(query)
        return (
            len(self.files(q.Dataset(name))) if name in self.datasets else self._keep(name, files)
        )

    def take_snapshot(self, query):
        number = 1000 + len(self.snapshots)
        self.snapshots[number] = self.files(query)
        return number

    def start_project(self, name, query, settings=None):
        raise NotImplementedError

    def project(self, name) -> ProjectSummary | None:
        raise NotImplementedError

    def _keep(self, name, files):
        self.datasets[name] = files
        return len(files)

    def _named(self, names):
        return [file for file in self.all if file.name in set(names)]

    def _evaluate(self, query):
        return EVALUATE[type(query)](self, query)

    def _dataset(self, query):
        made = self.datasets[query.name]
        return self._evaluate(made) if isinstance(made, q.Query) else self._named(made)

    def _run(self, query):
        return [f for f in self.all if query.number in {f.run, (f.run or "").partition(".")[0]}]

    def _runs(self, query):
        numbers = range(query.low, query.high + 1)
        return [f for f in self.all if f.run and int(f.run.partition(".")[0]) in numbers]

    def _ended(self, query):
        return [f for f in self.all if f.ended and query.after < f.ended <= query.until]

    def _difference(self, query):
        without = set(self._evaluate(query.right))
        return [file for file in self._evaluate(query.left) if file not in without]

    def _combined(self, query):
        sets = [set(self._evaluate(part)) for part in query.parts]
        enough = all if isinstance(query, q.Intersection) else any
        return [file for file in self.all if enough(file in some for some in sets)]


EVALUATE = {
    q.Dataset: MemoryHandler._dataset,
    q.Snapshot: lambda self, query: self._named(self.snapshots[query.id]),
    q.Consumed: lambda self, query: self._named(self.consumed.get(query.project, ())),
    q.Run: MemoryHandler._run,
    q.RunsBetween: MemoryHandler._runs,
    q.EndedBetween: MemoryHandler._ended,
    q.Span: lambda self, query: self._evaluate(query.of)[query.start : query.stop],
    q.Stride: lambda self, query: self._evaluate(query.of)[query.offset :: query.n],
    q.Difference: MemoryHandler._difference,
    q.Intersection: MemoryHandler._combined,
    q.Union: MemoryHandler._combined,
}


def walk(split, handler, dataset, find, now, tag="stage 1 pass 1", position=None, most=200):
    """Take slices until none is left now; return them and the position reached."""
    taken = []
    while True:
        assert len(taken) <= most, "the pass doesn't end"
        found = find(handler, split, dataset, position, tag, now)
        if found.slice is not None:
            taken.append(found.slice)
            position = found.slice.position_after
            continue
        position = position if found.continue_at is None else found.continue_at
        if found.exhausted:
            return taken, position

"""A data service outside POMS, in memory: quick, and a test can act while it is being asked."""

from django.utils import timezone

from datahandling import query as q
from datahandling.base import DataHandler, DatasetConflict, NoSuchName, ProjectSummary
from datahandling.query import HANDLE_STATES
from datahandling.tests.naive import NaiveFile, World


class MemoryHandler(DataHandler):
    """One experiment's files.

    ``listen()`` is called before each answer, and may raise Unknown; ``rewrite(name)`` before a
    frozen list changes.
    """

    def __init__(self):
        super().__init__("demo")
        self.world = World(files=[])
        self.listen = lambda: None
        self.rewrite = lambda name: None

    def check(self, query):
        pass

    def count(self, query):
        return len(self.files(query))

    def files(self, query, limit=None):
        self.listen()
        return self.answer(query)[:limit]

    def first_run(self, query):
        raise NotImplementedError

    def metadata(self, name):
        return {"name": name}

    def exists(self, name):
        self.listen()
        return name in self.world.datasets

    def define(self, name, query):
        self.listen()
        if self.world.datasets.setdefault(name, query) != query:
            raise DatasetConflict(name)

    def freeze(self, name, query, *, anew=False):
        self.listen()
        there = self.world.datasets.get(name)
        if there is None or (anew and isinstance(there, frozenset)):
            self._keep(name, there, frozenset(self.answer(query)))
        return len(self.answer(q.Dataset(name)))

    def take_snapshot(self, query):
        self.listen()
        number = 1000 + len(self.world.snapshots)
        self.world.snapshots[number] = frozenset(self.answer(query))
        return number

    def start_project(self, name, query, settings=None):
        self.listen()
        if name not in self.world.projects:
            self.world.projects[name] = dict.fromkeys(self.answer(query), "initial")
        return self.project(name)

    def project(self, name):
        states = self.world.projects.get(name)
        if states is None:
            return None
        count = {state: list(states.values()).count(state) for state in HANDLE_STATES}
        return ProjectSummary(files=len(states), **count)

    def _keep(self, name, old, new):
        if old not in (None, new):
            self.rewrite(name)
        self.world.datasets[name] = new

    # what tests and jobs do, without anybody listening

    def answer(self, query):
        try:
            return self.world.answer(query)
        except KeyError as missing:
            raise NoSuchName(f"there is no {missing}") from missing

    def declare(self, name, *, parents=(), submission=None, located=True):
        file = NaiveFile(
            name, list(parents), {}, "", (None, None), None, timezone.now(), submission, located
        )
        self.world.files.append(file)
        return file

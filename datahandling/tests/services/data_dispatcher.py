"""MetaCat and Data Dispatcher: stand-ins on their own engines serve in this process.

Each experiment has servers of its own. They start once in a test session, and are emptied for each
test; a file is declared by writing it into MetaCat's tables, at a time of its own.
"""

import atexit
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace

from datahandling.handlers import handler_for
from datahandling.runs import parse_run
from datahandling.services import CredentialKind, Service
from datahandling.tests.mql import insert_dataset, insert_file, insert_parents
from datahandling.tests.services.base import OwnSide, Site
from poms_client.testing.dispatcher import DispatcherServer
from poms_client.testing.engine import data_dispatcher, new_database
from poms_client.testing.metacat import MetaCatServer
from poms_client.testing.people import Person
from pomsproject import env

OWNER = "poms"
PEOPLE = (Person(OWNER, "secret", token="bearer-of-poms"), Person("prod"))
OTHERS = "everything-else"  # MetaCat has each file in some dataset

_running = ExitStack()
atexit.register(_running.close)


@cache
def servers(experiment):
    """The experiment's MetaCat and Data Dispatcher, running."""
    url = _running.enter_context(new_database(env.required("POMS_DATABASE_URL")))
    metacat = _running.enter_context(MetaCatServer(url, PEOPLE))
    dispatcher = _running.enter_context(DispatcherServer(url, PEOPLE))
    return SimpleNamespace(metacat=metacat, dispatcher=dispatcher)


def start_anew(experiment):
    """Empty an experiment's servers, and make its namespace."""
    running = servers(experiment)
    for one in (running.metacat, running.dispatcher):
        one.forget()
    with running.metacat.database.connection("metacat") as db:
        db.cursor().execute(
            "insert into namespaces(name, owner_user) values (%s, %s) on conflict do nothing",
            (experiment, OWNER),
        )
    return running


class DispatcherSide(OwnSide):
    def __init__(self, experiment, running, handler):
        self.experiment = experiment
        self.running = running
        self.handler = handler
        self.last = datetime.min.replace(tzinfo=UTC)
        self.number = 0

    def declare(self, *names, dataset="raw", made_by=None, parents=(), metadata=None, located=True):
        assert made_by is None, "MetaCat's files aren't signed"
        with self.running.metacat.database.connection("metacat") as db:
            insert_dataset(db, self.experiment, dataset or OTHERS)
            for name in names:
                self.number += 1
                self.last = max(datetime.now(UTC), self.last + timedelta(microseconds=1))
                fid = f"fid{self.number:06}"
                insert_file(db, fid, self.experiment, name, translated(metadata or {}), self.last)
                insert_parents(db, fid, self.experiment, parents)
                insert_dataset(db, self.experiment, dataset or OTHERS, [fid])

    def start_project(self, name, query):
        self.handler.start_project(name, query, {"virtual": True})

    def consume(self, project, *names):
        self._draw(project, names, failed=False)

    def fail(self, project, *names):
        self._draw(project, names, failed=True)

    def reserve(self, project):
        with self._project(project) as found:
            return found.reserve_handle("worker", virtual=True)[0].Name

    def put(self, project, **states):
        """Put so many of a project's handles, by name, into each state."""
        number = self.handler.projects.find(project).project_id
        dispatcher = self.running.dispatcher
        with dispatcher.database.connection(dispatcher.schemas) as db:
            handles = data_dispatcher.db.DBProject.get(db, number).handles()
            left = iter(sorted(each.Name for each in handles))
            for state in (state for state, count in states.items() for _ in range(count)):
                db.cursor().execute(
                    "update file_handles set state = %s where project_id = %s and name = %s",
                    (state, number, next(left)),
                )

    def _draw(self, project, names, *, failed):
        left = set(names)
        with self._project(project) as found:
            while left and (handle := found.reserve_handle("worker", virtual=True)[0]):
                if handle.Name in left:
                    found.release_handle(handle.Namespace, handle.Name, failed, False)
                    left.remove(handle.Name)
                else:
                    found.release_handle(handle.Namespace, handle.Name, True, True)

    @contextmanager
    def _project(self, name):
        """Upstream's object for a project."""
        dispatcher = self.running.dispatcher
        with dispatcher.database.connection(dispatcher.schemas) as db:
            number = self.handler.projects.find(name).project_id
            yield data_dispatcher.db.DBProject.get(db, number)


def translated(metadata):
    """Metadata by the names that MetaCat has for them."""
    said = dict(metadata)
    found = {}
    if "run_number" in said:
        run, subrun = parse_run(said.pop("run_number"))
        found["core.runs"] = [run]
        if subrun is not None:
            found["core.runs_subruns"] = [run * 100_000 + subrun]
    if "version" in said:
        found["core.application.version"] = said.pop("version")
    if "end_time" in said:
        found["core.end_time"] = datetime.fromisoformat(said.pop("end_time")).timestamp()
    return found | {key if "." in key else f"core.{key}": said[key] for key in said}


class DispatcherSite(Site):
    condition = "core.data_tier = raw"
    conditions = "core.application.version = v1 and name like '%.root'"

    def __enter__(self):
        self.running = {name: start_anew(name) for name in ("demo", "other")}
        self.library = self.folder / "token_library"
        tokens = (
            f"{server.url} {server.token(OWNER)}\n"
            for running in self.running.values()
            for server in (running.metacat, running.dispatcher)
        )
        self.library.write_text("".join(tokens))
        return self

    def service(self, experiment):
        running = self.running[experiment]
        return Service(
            "data_dispatcher",
            experiment,
            running.dispatcher.url,
            metacat_url=running.metacat.url,
            namespace=experiment,
            owner=OWNER,
            credential=CredentialKind.LIBRARY,
            credential_file=str(self.library),
        )

    def handler(self, experiment):
        return handler_for("data_dispatcher", experiment, self.service(experiment))

    def own_side(self, experiment):
        return DispatcherSide(experiment, self.running[experiment], self.handler(experiment))

"""A worker that is slow to make a project on Data Dispatcher, while another is at it as well."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, InterfaceError, connection

from datahandling.base import Unknown
from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher
from datahandling.http import client
from datahandling.query import Dataset
from datahandling.stored import to_json
from datahandling.tests.services.data_dispatcher import OWNER, DispatcherSite
from datahandling.tests.test_dispatcher_projects import VIRTUAL, projects
from poms_client.testing.engine import data_dispatcher

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def site(tmp_path):
    with DispatcherSite(tmp_path) as site:
        site.own_side("demo").declare("a", "b")
        yield site


@pytest.fixture
def late_worker(site, monkeypatch):
    """A worker that doesn't get on while the block runs, just before or after it has created."""
    create = Dispatcher.create

    @contextmanager
    def working(*, created=False, loses_connection=False):
        arrived, go_on = threading.Event(), threading.Event()

        def slowly(self, wanted):
            if not threading.current_thread().name.startswith("late"):
                return create(self, wanted)
            made = create(self, wanted) if created else None
            if loses_connection:
                connection.close()
            arrived.set()
            assert go_on.wait(20)
            return made or create(self, wanted)

        def work():
            try:
                site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)
            finally:
                connection.close()

        monkeypatch.setattr(Dispatcher, "create", slowly)
        with ThreadPoolExecutor(1, thread_name_prefix="late") as pool:
            done = pool.submit(work)
            try:
                assert arrived.wait(20)
                yield
            finally:
                go_on.set()
            done.result()

    return working


def states(dispatcher):
    return {project.ID: project.State for project in projects(dispatcher)}


def told(site):
    """The number of the project that jobs are told."""
    return int(site.handler("demo").environment("p")["POMS_DATA_DISPATCHER_PROJECT_ID"])


def test_a_second_worker_makes_no_second_project(site, dispatcher, late_worker):
    with late_worker(), pytest.raises(Unknown, match="another process is at it"):
        site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)

    site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)

    assert states(dispatcher) == {told(site): "active"}


def test_jobs_and_poms_stay_with_one_project_whoever_else_made_one(site, dispatcher, late_worker):
    """A session that broke has lost its lock, and doesn't know."""
    with late_worker(loses_connection=True):
        site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)
        launched_with = told(site)

    assert DispatcherProject.objects.get().project_id == launched_with
    assert sorted(states(dispatcher).values()) == ["active", "cancelled"]
    assert states(dispatcher)[launched_with] == "active"


@pytest.fixture
def broken_worker(site, monkeypatch):
    """A worker whose connection to the database breaks while its question ``path`` is under way."""
    send = client.send

    @contextmanager
    def working(path):
        arrived, go_on = threading.Event(), threading.Event()
        session = []

        def slowly(service, request, deadline):
            if threading.current_thread().name.startswith("broken") and path in request.url:
                session.append(connection.connection.info.backend_pid)
                arrived.set()
                assert go_on.wait(20)
            return send(service, request, deadline)

        def work():
            try:
                site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)
            finally:
                connection.close()

        monkeypatch.setattr(client, "send", slowly)
        with ThreadPoolExecutor(1, thread_name_prefix="broken") as pool:
            done = pool.submit(work)
            try:
                assert arrived.wait(20)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s, 5000)", session)
                yield
            finally:
                go_on.set()
            with pytest.raises((DatabaseError, InterfaceError)):
                done.result()

    return working


def start(site):
    return site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)


def begun(dispatcher, files):
    """Leave a project of which so many files are filled in, as a crash does; return its number."""
    row = DispatcherProject.objects.create(
        experiment="demo", name="p", definition=to_json(Dataset("raw")), file_count=2
    )
    with dispatcher.database.connection(dispatcher.schemas) as db:
        attributes = {"poms_key": str(row.key), **VIRTUAL}
        made = data_dispatcher.db.DBProject.create(db, OWNER, attributes=attributes)
        fill(made, "ab"[:files])
        return made.ID


def fill(project, names):
    project.add_files([{"namespace": "demo", "name": name} for name in names])


def test_who_loses_the_database_while_a_project_is_filled_leaves_one_to_the_next(
    site, dispatcher, broken_worker
):
    with broken_worker("/create_project"):
        assert start(site).files == 2

    assert states(dispatcher)[told(site)] == "active"


def test_who_loses_the_database_while_cancelling_takes_no_project_from_the_next(
    site, dispatcher, broken_worker
):
    """The next one found it filled meanwhile, and took it; then the cancellation got there."""
    number = begun(dispatcher, files=1)
    with broken_worker("/cancel_project"):
        with dispatcher.database.connection(dispatcher.schemas) as db:
            fill(data_dispatcher.db.DBProject.get(db, number), "b")
        start(site)

    assert states(dispatcher)[number] == "cancelled"
    assert states(dispatcher)[told(site)] == "active"


def test_a_project_that_was_cancelled_is_not_taken_for_one_that_was_made(site, dispatcher):
    number = begun(dispatcher, files=2)
    with dispatcher.database.connection(dispatcher.schemas) as db:
        data_dispatcher.db.DBProject.get(db, number).cancel()

    start(site)

    assert told(site) != number
    assert states(dispatcher)[told(site)] == "active"


@pytest.mark.parametrize(("files", "state"), [(1, "cancelled"), (2, "active")])
def test_of_two_projects_the_newest_that_is_whole_is_taken(site, dispatcher, files, state):
    """The older one may have been filled since somebody decided to cancel it."""
    older = begun(dispatcher, files)
    with dispatcher.database.connection(dispatcher.schemas) as db:
        first = data_dispatcher.db.DBProject.get(db, older)
        whole = data_dispatcher.db.DBProject.create(db, OWNER, attributes=first.Attributes)
        fill(whole, "ab")

    start(site)

    assert told(site) == whole.ID
    assert states(dispatcher)[older] == state


def test_a_project_that_a_second_worker_found_is_not_cancelled(site, dispatcher, late_worker):
    with late_worker(created=True, loses_connection=True):
        site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)

    assert states(dispatcher) == {told(site): "active"}

"""A worker that is slow to make a project on Data Dispatcher, while another is at it as well."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from datahandling.base import Unknown
from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher
from datahandling.query import Dataset
from datahandling.tests.services.data_dispatcher import DispatcherSite
from datahandling.tests.test_dispatcher_projects import VIRTUAL, projects

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


def test_a_project_that_a_second_worker_found_is_not_cancelled(site, dispatcher, late_worker):
    with late_worker(created=True, loses_connection=True):
        site.handler("demo").start_project("p", Dataset("raw"), VIRTUAL)

    assert states(dispatcher) == {told(site): "active"}

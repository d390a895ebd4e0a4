"""MetaCat and Data Dispatcher as stand-ins, and the real clients that speak to them."""

import os
from pathlib import Path

import pytest
from data_dispatcher.api import DataDispatcherClient
from metacat.webapi import MetaCatClient

from poms_client.testing.dispatcher import DispatcherServer
from poms_client.testing.engine import new_database
from poms_client.testing.metacat import MetaCatServer
from poms_client.testing.people import Person

PEOPLE = (
    Person("poms", "secret", token="bearer-of-poms", dns=("CN=poms,O=Example",)),
    Person("guest", "other-secret", roles=("shifters",)),
    Person("root", "root-secret", admin=True),
)


def pytest_collection_modifyitems(items):
    """Let the clients leave files open, as they do."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


def database_server():
    """The PostgreSQL of the test session."""
    if url := os.environ.get("POMS_DATABASE_URL"):
        return url
    return Path(os.environ["POMS_DATABASE_URL_FILE"]).read_text().strip()


@pytest.fixture(scope="session")
def services():
    with (
        new_database(database_server()) as url,
        MetaCatServer(url, PEOPLE) as metacat,
        DispatcherServer(url, PEOPLE) as dispatcher,
    ):
        yield metacat, dispatcher


@pytest.fixture
def metacat(services):
    yield services[0]
    services[0].forget()


@pytest.fixture
def dispatcher(services):
    yield services[1]
    services[1].forget()


@pytest.fixture
def catalogue(metacat, tmp_path):
    """The real client of MetaCat, logged in as ``poms``."""
    return MetaCatClient(
        metacat.url, token=metacat.token("poms"), token_library=str(tmp_path / "tokens")
    )


@pytest.fixture
def dataset(catalogue):
    """A dataset with files k00 … k09: runs 0 to 4, two files each, 1 byte to 10."""
    catalogue.create_namespace("samples")
    catalogue.create_dataset("samples:raw", description="raw files")
    catalogue.declare_files(
        "samples:raw",
        [
            {"name": f"k{i:02}.root", "size": i + 1, "metadata": {"core.run": i // 2}}
            for i in range(10)
        ],
        namespace="samples",
    )
    return "samples:raw"


@pytest.fixture
def worker(dispatcher, tmp_path):
    """Return a maker of real clients of Data Dispatcher: ``worker("w1", as_user="guest")``."""

    def make(name="w", as_user="poms"):
        return DataDispatcherClient(
            dispatcher.url,
            worker_id=name,
            token=dispatcher.token(as_user),
            token_library=str(tmp_path / "tokens"),
        )

    return make


@pytest.fixture
def client(worker):
    return worker()


@pytest.fixture
def project(client):
    """A virtual project of four files, f0 … f3."""
    files = [f"samples:f{i}" for i in range(4)]
    return client.create_project(files, project_attributes={"virtual": "True"})["project_id"]

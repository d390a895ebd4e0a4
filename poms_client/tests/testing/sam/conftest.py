import pytest
import requests

from poms_client.testing.sam import SamServer, files
from poms_client.testing.sam.store import Store


@pytest.fixture
def store():
    known = Store()
    yield known
    known.close()


@pytest.fixture
def declare(store):
    """Declare located files ``a``, ``b``: all with the same metadata."""

    def _declare(*names, located=True, store=store, **metadata):
        for name in names:
            places = ["/data"] if located else []
            files.declare(store, {"file_name": name, "locations": places, **metadata})

    return _declare


@pytest.fixture
def sam():
    with SamServer() as running:
        yield running


class Asking:
    """Requests below the API of the experiment demo; each answers (status, text)."""

    def __init__(self, api):
        self.api = api
        self.session = requests.Session()

    def __call__(self, method, path, *, data=None, json=None, headers=None, **params):
        url = path if path.startswith("http") else self.api + path
        return self.session.request(
            method, url, params=params, data=data, json=json, headers=headers, timeout=10
        )

    def get(self, path, **params):
        return self("GET", path, **params)

    def post(self, path, **data):
        return self("POST", path, data=data)


@pytest.fixture
def ask(sam):
    asking = Asking(sam.api("demo"))
    yield asking
    asking.session.close()

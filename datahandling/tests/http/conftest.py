"""A small service behind a real port, with faults on demand."""

import json
from datetime import timedelta

import pytest

from datahandling.http import client_for
from datahandling.services import Service
from poms_client.testing.faults import Faults
from poms_client.testing.server import Server

ANSWERS = {
    "/count": ("text/plain", b"12\n"),
    "/json": ("application/json", b'{"files": 12}'),
    "/sequence": ("application/json-seq", b'\x1e{"a": 1}\n\x1e{"a": 2}\n'),
    "/empty": ("application/json-seq", b""),
    "/latin": ("text/plain", b"\xe9"),
    "/nan": ("application/json", b"[NaN]"),
    "/endless": ("application/json", b"[1e999]"),
    "/long": ("text/plain", b"9" * 5000),
    "/nul": ("text/plain", b"1\0"),
    "/nul/json": ("application/json", b'{"name": "a\\u0000"}'),
    "/half": ("application/json", b'["\\ud800"]'),
    "/half/name": ("application/json-seq", b'\x1e{"\\ud800": 1}\n'),
    "/deep": ("application/json", b"[" * 200_000),
    "/deep/sequence": ("application/json-seq", b"\x1e" + b"[" * 200_000 + b"\n"),
}


def answers(environ, start):
    """Answer as the table says; elsewhere tell how it was asked."""
    path = environ["PATH_INFO"]
    if path == "/missing":
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"there is none"]
    asked = {
        "path": path,
        "query": environ["QUERY_STRING"],
        "method": environ["REQUEST_METHOD"],
        "body": environ["wsgi.input"].read().decode(),
        "type": environ["CONTENT_TYPE"],
        "authorization": environ.get("HTTP_AUTHORIZATION"),
        "token": environ.get("HTTP_X_AUTHENTICATION_TOKEN"),
    }
    kind, body = ANSWERS.get(path, ("application/json", json.dumps(asked).encode()))
    start("200 OK", [("Content-Type", kind)])
    return [body]


@pytest.fixture
def faults():
    return Faults(answers)


@pytest.fixture
def server(faults):
    with Server(faults) as running:
        yield running


@pytest.fixture
def service(server):
    return Service(
        "sam",
        "nova",
        server.url,
        connect_timeout=timedelta(seconds=0.2),
        read_timeout=timedelta(seconds=0.8),
    )


@pytest.fixture
def client(service):
    return client_for(service)

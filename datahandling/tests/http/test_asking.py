"""A question gets a clear answer, or Unknown says who didn't answer what; in bounded time."""

import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from datahandling.errors import Unknown
from datahandling.http import client_for
from datahandling.http.client import TRIES
from poms_client.testing.faults import Fault

pytestmark = pytest.mark.django_db


def test_a_question_is_answered(client):
    assert client.get("/count").number() == 12
    assert client.get("json").json() == {"files": 12}
    assert client.get("/sequence").records() == [{"a": 1}, {"a": 2}]
    assert client.get("/empty").records() == []


def test_parameters_are_quoted_and_those_without_a_value_left_out(client):
    asked = client.get("/a?b=1", params={"dims": "x > 'ü'", "limit": None}).json()

    assert asked["query"] == "b=1&dims=x+%3E+%27%C3%BC%27"


@pytest.mark.parametrize(
    ("sent", "kind", "body"),
    [
        ({"form": {"dims": "a b"}}, "application/x-www-form-urlencoded", "dims=a+b"),
        ({"json": {"a": [1]}}, "application/json", '{"a": [1]}'),
        ({"json": []}, "application/json", "[]"),
        ({"text": "files from ü"}, "text/plain; charset=utf-8", "files from ü"),
        ({}, "", ""),
    ],
)
def test_what_is_sent(client, sent, kind, body):
    asked = client.post("/made", **sent).json()

    assert (asked["method"], asked["type"], asked["body"]) == ("POST", kind, body)


def test_a_whole_address_may_be_asked(client, server):
    assert client.get(f"{server.url}/elsewhere").json()["path"] == "/elsewhere"


def test_a_status_that_was_expected_is_a_clear_answer(client):
    assert client.get("/missing", ok=(200, 404)).status == 404
    with pytest.raises(Unknown, match="status 404: there is none"):
        client.get("/missing")


@pytest.mark.parametrize(
    ("path", "read", "why"),
    [
        ("/json", "number", "as application/json|no count"),
        ("/latin", "number", "no text"),
        ("/count", "json", "as text/plain: 12"),
        ("/nan", "json", "broken JSON"),
        ("/endless", "json", "broken JSON"),
        ("/long", "number", "no count"),
        ("/nul", "number", "no text"),
        ("/nul", "plain", "no text"),
        ("/nul/json", "json", "broken JSON .*NUL"),
        ("/half", "json", "broken JSON .*half a character"),
        ("/half/name", "records", "broken JSON .*half a character"),
        ("/deep", "json", "nested too deeply"),
        ("/deep/sequence", "records", "nested too deeply"),
        ("/json", "records", "as application/json"),
        ("/count", "records", "as text/plain"),
    ],
)
def test_what_looks_otherwise_than_it_should_is_unknown(client, path, read, why):
    answer = client.get(path)

    with pytest.raises(Unknown, match=why):
        getattr(answer, read)()


@pytest.mark.parametrize("status", ["401 No", "500 No", "503 No"])
def test_what_cannot_be_shown_of_an_answer_stands_in_no_message(client, faults, status):
    def refuse(environ, start):
        start(status, [("Content-Type", "text/plain")])
        return [b"go \x00 away\x1b[2J"]

    faults.application = refuse

    with pytest.raises(Unknown, match=r"go � away�\[2J"):
        client.get("/count")


@pytest.mark.parametrize(
    "kind", ["timeout", "refused", "lost", "truncated", "slow", "500", "503", "401", "403"]
)
def test_every_fault_is_unknown_in_bounded_time(client, faults, kind):
    faults.add(Fault(kind=kind))
    began = time.monotonic()

    with pytest.raises(Unknown, match=r"SAM of nova, asked GET http://127\S+/json, gave no clear"):
        client.get("/json")

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", ["refused", "lost", "truncated", "500", "503"])
def test_a_question_is_asked_again(client, faults, kind):
    faults.add(Fault(kind=kind, times=TRIES - 1))

    assert client.get("/json").json() == {"files": 12}
    assert len(faults.log) == TRIES


@pytest.mark.parametrize("kind", ["lost", "500"])
def test_what_changes_something_is_asked_once_unless_it_may_be_repeated(client, faults, kind):
    faults.add(Fault(kind=kind, times=1))
    with pytest.raises(Unknown):
        client.post("/make")
    assert len(faults.log) == 1

    faults.add(Fault(kind=kind, times=1))
    assert client.post("/make", idempotent=True).status == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_is_not_asked_again(client, faults, status):
    faults.add(Fault(kind=str(status)))

    with pytest.raises(Unknown, match=f"status {status}"):
        client.get("/json")

    assert len(faults.log) == 1


def raw(answer):
    """Serve one raw answer to each connection; return the address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


def drip(connection):
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (drip, "out of time"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r\n12"), "doesn't say where it ends"),
        (
            lambda c: c.sendall(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n"
            ),
            "cut short",
        ),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"), "cut short"),
        (lambda c: c.sendall(b"SSH-2.0-OpenSSH_9\r\n"), "cut short"),
        (lambda c: c.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "status 302"),
    ],
    ids=["drips headers", "no end", "chunks end early", "ends early", "not HTTP", "sent away"],
)
def test_broken_servers(service, answer, why):
    listening, url = raw(answer)
    began = time.monotonic()
    with listening, pytest.raises(Unknown, match=why):
        client_for(replace(service, url=url)).post("/x")

    assert time.monotonic() - began < 5


def test_nobody_at_that_port(service):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    with pytest.raises(Unknown, match="no connection: Connection refused"):
        client_for(replace(service, url=url)).get("/x")


def test_a_question_may_have_another_time_out(client, faults):
    faults.add(Fault(kind="slow", seconds=1.2))

    assert client.get("/json", time_out=timedelta(seconds=5)).json() == {"files": 12}


def test_failures_are_logged_without_what_was_asked_or_any_secret(client, faults, capsys):
    faults.add(Fault(kind="401"))
    with pytest.raises(Unknown) as why:
        client.get("/json", params={"secret": "hidden"}, headers={"Authorization": "Bearer hidden"})

    assert "hidden" not in str(why.value)
    said = capsys.readouterr().out
    assert "hidden" not in said
    assert "no clear answer" in said

"""The faults that stand-ins show on demand, as clients see them."""

import contextlib
import json
import time

import pytest
import requests

from poms_client.testing.faults import Fault, Faults
from poms_client.testing.mishaps import KINDS
from poms_client.testing.server import Server


def counting(environ, start):
    """Answer how many requests were done; JSON where the path says so."""
    environ["wsgi.input"].read()
    counting.done += 1
    if environ["PATH_INFO"] == "/json":
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"files": 12, "name": "run7", "of": [3, "4"]}).encode()]
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"123456789012"]


@pytest.fixture
def faults():
    counting.done = 0
    return Faults(counting)


@pytest.fixture
def server(faults):
    with Server(faults) as running:
        yield running


@pytest.fixture
def get(server):
    with requests.Session() as session:
        yield lambda path="/", **options: session.get(server.url + path, timeout=2, **options)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", requests.exceptions.ReadTimeout),
        ("refused", requests.exceptions.ConnectionError),
        ("lost", requests.exceptions.ConnectionError),
        ("truncated", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_a_fault_of_the_line_leaves_the_client_without_an_answer(faults, server, kind, error):
    faults.add(Fault(kind=kind, times=1))

    with pytest.raises(error):
        requests.get(server.url, timeout=0.3)

    assert requests.get(server.url, timeout=2).text == "123456789012"
    assert [request.fault for request in faults.log] == [kind, ""]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_whether_the_request_is_done_is_what_the_fault_says(faults, server, kind):
    faults.add(Fault(kind=kind, seconds=0.05))

    with contextlib.suppress(requests.exceptions.RequestException):
        requests.get(server.url, timeout=2)

    says_undone = "isn't done" in KINDS[kind].__doc__
    assert counting.done == (0 if says_undone else 1)


def test_a_status_is_answered_in_place_of_the_answer(faults, get):
    faults.add(Fault(kind=401))

    assert get().status_code == 401
    assert faults.log[0].status == 401


def test_a_sign_in_page_comes_as_a_good_answer_of_another_type(faults, get):
    faults.add(Fault(kind="wrong_type"))

    assert get().ok
    assert "text/html" in get().headers["Content-Type"]


def test_numbers_become_counts_that_no_count_can_be(faults, get):
    faults.add(Fault(kind="wrong_count"))

    assert get().text == "-1"
    assert get("/json").json() == {"files": -1, "name": "run7", "of": [-1, "4"]}


def test_nonsense_keeps_the_format(faults, get):
    faults.add(Fault(kind="nonsense"))

    assert get().text == "nonsense"
    assert get("/json").json() == {"nonsense": [None]}


def test_texts_end_with_the_character_nul(faults, get):
    faults.add(Fault(kind="nul"))

    assert get().text.endswith("\0")
    assert get("/json").json()["name"] == "run7\0"


def test_lists_in_lists_go_deeper_than_a_parser(faults, get):
    faults.add(Fault(kind="deep"))

    with pytest.raises(RecursionError):
        json.loads(get("/json").text)


def test_a_slow_answer_keeps_every_single_read_short(faults, server):
    faults.add(Fault(kind="slow", seconds=0.6))

    before = time.monotonic()
    answer = requests.get(server.url, timeout=0.2)

    assert answer.text == "123456789012"
    assert time.monotonic() - before >= 0.5


def test_a_fault_meets_the_requests_that_it_describes_as_often_as_it_says(faults, get):
    faults.add(Fault(kind=500, path=r"/a\?x=1", method="GET", after=1, times=2))

    statuses = [get("/a?x=1").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert get("/a?x=2").status_code == 200


def test_other_processes_set_faults_and_read_the_log_over_http(faults, get, server):
    said = requests.put(f"{server.url}/_faults", json=[{"path": "/a", "kind": "503"}], timeout=2)

    assert said.json()[0]["kind"] == "503"
    assert get("/a?b=c").status_code == 503
    (logged,) = get("/_log").json()
    assert (logged["method"], logged["path"], logged["query"]) == ("GET", "/a", "b=c")
    requests.delete(f"{server.url}/_faults", timeout=2)
    requests.delete(f"{server.url}/_log", timeout=2)
    assert get("/a").ok
    assert faults.asked("/a") == 1


def test_a_fault_that_isnt_known_is_refused(get, server):
    said = requests.put(f"{server.url}/_faults", json=[{"kind": "gremlin"}], timeout=2)

    assert said.status_code == 400
    assert "wrong_count" in said.json()["error"]


def test_answers_wait_for_the_delay_each_by_itself(server, faults, get):
    faults.delay = 0.1

    before = time.monotonic()
    get()

    assert time.monotonic() - before >= 0.1


def test_a_server_that_stops_lets_go_of_who_waits(faults):
    faults.add(Fault(kind="timeout"))
    server = Server(faults)
    server.start()
    with requests.Session() as session, pytest.raises(requests.exceptions.ReadTimeout):
        session.get(server.url, timeout=0.1)
    before = time.monotonic()
    server.stop()

    assert time.monotonic() - before < 2
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(server.url, timeout=1)

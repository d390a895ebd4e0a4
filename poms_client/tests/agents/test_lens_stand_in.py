"""LENS's stand-in: aliases, nulls, and errors beside the data."""

import json
import urllib.error
import urllib.request
from datetime import datetime, timezone

import pytest

from poms_client.testing.lens.landscape import Seen
from poms_client.testing.lens.server import LensServer


@pytest.fixture
def lens():
    with LensServer() as server:
        yield server


def send(lens, method, path, body):
    request = urllib.request.Request(
        lens.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    request.method = method
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def ask(lens, query):
    return send(lens, "POST", "/lens/query", {"query": query, "operationName": None})


def test_submissions_of_a_group_since_a_time(lens):
    may = datetime(2026, 5, 1, tzinfo=timezone.utc)
    lens.landscape.put(
        Seen("8.0@jobsub01.fnal.gov", 1234, "nova", submit_time=may),
        Seen("9.0@jobsub01.fnal.gov", 1235, "nova", submit_time=may.replace(month=7)),
        Seen("10.0@jobsub01.fnal.gov", 1236, "fermilab", submit_time=may.replace(month=7)),
    )

    assert ask(lens, '{submissions(group:"nova"){pomsTaskID id}}') == {
        "data": {
            "submissions": [
                {"pomsTaskID": 1234, "id": "8.0@jobsub01.fnal.gov"},
                {"pomsTaskID": 1235, "id": "9.0@jobsub01.fnal.gov"},
            ]
        }
    }
    window = '{submissions(group:"nova",from:"2026-06-01T00:00:00",to:"now"){pomsTaskID}}'
    assert ask(lens, window) == {"data": {"submissions": [{"pomsTaskID": 1235}]}}
    assert ask(lens, '{submissions(group:"samdev"){pomsTaskID}}')["data"] == {
        "submissions": [{"pomsTaskID": 1236}]
    }


def test_a_submission_that_is_not_there_is_null_and_an_error_beside_the_rest(lens):
    seen = Seen("9@jobsub01", 1235, done=True, failed=1, completed=9)
    seen.environment["SAM_PROJECT"] = "p1"
    lens.landscape.put(seen)

    answer = ask(
        lens,
        "{s0:submission(pomsTaskID:1234){id} s1:submission(pomsTaskID:1235){done failed"
        ' SAM_PROJECT:env(name:"SAM_PROJECT") X:env(name:"X")}}',
    )

    assert answer == {
        "data": {
            "s0": None,
            "s1": {"done": True, "failed": 1, "SAM_PROJECT": "p1", "X": None},
        },
        "errors": [{"message": "no submission found with the given pomsTaskId", "path": ["s0"]}],
    }


@pytest.mark.parametrize("spelling", ["8@h", "8.0@h", "8.000000.0.000000@h"])
def test_a_job_id_is_known_in_all_its_spellings(lens, spelling):
    lens.landscape.put(Seen("8.0@h", 7))

    assert ask(lens, f'{{submission(id:"{spelling}"){{pomsTaskID}}}}')["data"] == {
        "submission": {"pomsTaskID": 7}
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{nothing{id}}", "Cannot query field"),
        ("{submission(pomsTaskID:7){nothing}}", "Cannot query field"),
        ("{submission(pomsTaskID:7)}", "must have a selection"),
        ("{submission{id}}", "needs an id"),
        ('{submissions(from:"once"){id}}', "is no time"),
    ],
)
def test_a_mistaken_query_is_answered_with_what_is_wrong(lens, query, message):
    lens.landscape.put(Seen("8.0@h", 7))

    assert message in ask(lens, query)["errors"][0]["message"]


@pytest.mark.parametrize("body", [{}, {"query": "{"}, {"query": 7}, []])
def test_no_query_is_a_bad_request(lens, body):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        send(lens, "POST", "/lens/query", body)


def test_another_address_is_not_found(lens):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        send(lens, "POST", "/graphql", {})


def test_other_processes_say_what_there_is(lens):
    send(lens, "PUT", "/_submissions", [{"id": "8.0@h", "poms_task_id": 7, "running": 3}])

    assert ask(lens, "{submission(pomsTaskID:7){running}}")["data"]["submission"]["running"] == 3

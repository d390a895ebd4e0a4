"""What isn't of the type that it should be is no answer."""

import json

import pytest

from datahandling.errors import Unknown
from datahandling.handlers.data_dispatcher import dispatcher, metacat
from datahandling.handlers.sam import handler as sam
from datahandling.http import Answer

FILE = {"namespace": "ns", "name": "a", "fid": "1", "created_timestamp": 1.5, "size": 7}
PROJECT = {
    "project_id": 7,
    "state": "active",
    "owner": "prod",
    "attributes": {},
    "file_handles": [],
}


def saying(said):
    return Answer(200, json.dumps(said).encode(), {"content-type": "application/json"}, "it")


@pytest.mark.parametrize(
    "odd",
    [
        {"size": "x"},
        {"size": -1},
        {"checksums": ["adler32"]},
        {"metadata": "none"},
        {"parents": {"fid": "2"}},
        {"parents": [{"name": "b"}]},
        {"created_timestamp": 1e15},
    ],
)
def test_metacat_says_something_odd_of_a_file(odd):
    answer = saying(FILE | odd)

    with pytest.raises(Unknown):
        metacat._file(answer, answer.json())


@pytest.mark.parametrize(
    "odd",
    [
        {"project_id": 10**30},
        {"project_id": "x"},
        {"worker_timeout": "long"},
        {"idle_timeout": 1e300},
        {"attributes": ["virtual"]},
        {"file_handles": {"state": "done"}},
    ],
)
def test_data_dispatcher_says_something_odd_of_a_project(odd):
    answer = saying(PROJECT | odd)

    with pytest.raises(Unknown):
        dispatcher._project(answer, answer.json())


def test_what_is_null_is_not_said():
    file = saying(FILE | dict.fromkeys(("size", "checksums", "metadata", "parents")))

    assert metacat._file(file, file.json()).parents == ()
    assert sam._version({"application": None}) == ""
    assert sam._parents({"parents": None}) == []


@pytest.mark.parametrize("odd", ["reco", ["reco"]])
def test_sam_says_something_odd_of_a_file(odd):
    with pytest.raises(Unknown):
        sam._version({"application": odd})
    with pytest.raises(Unknown):
        sam._parents({"parents": odd})

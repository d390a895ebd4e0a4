"""What SAM answers about files over HTTP, to the letter."""

import pytest

RAW = {"file_name": "raw_1", "file_size": 10, "event_count": 3, "runs": [[4321, 7, "physics"]]}


@pytest.fixture
def raw(ask):
    """raw_1 (10 bytes, 3 events) and raw_2 are somewhere, raw_3 isn't."""
    ask("POST", "/files", json=RAW)
    ask("POST", "/files", json={"file_name": "raw_2", "parents": ["raw_1"]})
    ask("POST", "/files", json={"file_name": "raw_3"})
    for name in ("raw_1", "raw_2"):
        ask.post(f"/files/name/{name}/locations", add="/data/raw")


def test_a_count_is_a_number_as_text(ask, raw):
    answer = ask.get("/files/count", dims="file_name raw%")

    assert (answer.status_code, answer.text) == (200, "2")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert ask.post("/files/count", dims="file_name raw_1").text == "1"


def test_a_list_is_plain_or_json(ask, raw):
    dims = "file_name raw%"

    assert ask.get("/files/list", dims=dims).text == "raw_1\nraw_2\n"
    assert ask.get("/files/list", dims=dims, format="plain").text == "raw_1\nraw_2\n"
    assert ask.get("/files/list", dims=dims, format="json").json() == ["raw_1", "raw_2"]
    assert ask.post("/files/list", dims=dims, format="json").json() == ["raw_1", "raw_2"]
    assert ask.get("/files/list", dims="file_name x").text == ""


def test_a_list_may_say_more_of_each_file(ask, raw):
    assert ask.get("/files/list", dims="file_name raw%", fileinfo="1").text == (
        "raw_1\t1\t10\t3\nraw_2\t2\t\t\n"
    )
    (first, _) = ask.get("/files/list", dims="file_name raw%", fileinfo="1", format="json").json()
    assert first == {"file_name": "raw_1", "file_id": 1, "file_size": 10, "event_count": 3}


def test_a_summary_adds_up(ask, raw):
    assert ask.get("/files/summary", dims="file_name raw%").json() == {
        "file_count": 2,
        "total_file_size": 10,
        "total_event_count": 3,
    }


@pytest.mark.parametrize("path", ["/files/count", "/files/list", "/files/summary"])
def test_a_missing_definition_is_a_bad_request_here(ask, path):
    answer = ask.get(path, dims="defname: nosuch")

    assert answer.status_code == 400
    assert answer.json() == {
        "error": "DimensionError",
        "message": "Dataset definition 'nosuch' not found",
    }


def test_a_parse_error_points_at_the_place(ask):
    answer = ask.get("/files/count", dims="file_name")

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "Parse error at line 1, column 10: expected a value, not the end\nfile_name\n         ^"
    )


def test_metadata_have_sams_names(ask, raw):
    told = ask.get("/files/name/raw_1/metadata", format="json").json()

    created = told.pop("create_date")
    assert created.endswith("+00:00")
    assert told == {
        "file_name": "raw_1",
        "file_id": 1,
        "file_size": 10,
        "user": "sam",
        "update_user": "sam",
        "update_date": created,
        "event_count": 3,
        "runs": [[4321, 7, "physics"]],
    }


def test_all_that_was_declared_is_told_again(ask, raw):
    declared = {
        "file_name": "reco_1",
        "file_size": 5,
        "checksum": ["adler32:1a2b"],
        "file_type": "data",
        "data_tier": "reco",
        "start_time": "2025-03-01T10:00:00+00:00",
        "runs": [[1, "physics"], [2, 3, "physics"]],
        "application": {"family": "art", "name": "reco", "version": "v1"},
        "Detector.planes": 896,
        "Detector.gain": [1.5, "high"],
    }
    ask("POST", "/files", json={**declared, "parents": [{"file_name": "raw_1"}, "raw_2"]})

    told = ask.get("/files/name/reco_1/metadata").json()

    assert {name: told[name] for name in declared} == declared
    assert told["parents"] == [
        {"file_name": "raw_1", "file_id": 1},
        {"file_name": "raw_2", "file_id": 2},
    ]


@pytest.mark.parametrize("what", ["metadata", "locations", "lineage/parents"])
def test_a_file_that_isnt_there_is_not_found(ask, what):
    answer = ask.get(f"/files/name/nosuch/{what}")

    assert answer.status_code == 404
    assert answer.json()["error"] == "FileNotFound"


def test_locations_come_and_go(ask, raw):
    ask.post("/files/name/raw_1/locations", add="/tape")
    ask.post("/files/name/raw_1/locations", add="/tape")

    assert ask.get("/files/name/raw_1/locations").text == "/data/raw\n/tape\n"
    ask.post("/files/name/raw_1/locations", remove="/data/raw")
    assert ask.get("/files/name/raw_1/locations", format="json").json() == [
        {"location_type": "disk", "full_path": "/tape"}
    ]
    assert ask.get("/files/locations?file_name=raw_1&file_name=raw_3").json() == {
        "raw_1": [{"location_type": "disk", "full_path": "/tape"}],
        "raw_3": [],
    }


def test_lineage_goes_both_ways(ask, raw):
    assert ask.get("/files/name/raw_1/lineage/children").json() == [
        {"file_name": "raw_2", "file_id": 2}
    ]
    assert ask.get("/files/name/raw_2/lineage/ancestors").json() == [
        {"file_name": "raw_1", "file_id": 1}
    ]
    assert ask.get("/files/name/raw_2/lineage/cousins").status_code == 404


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({}, "file_name: a name"),
        ({"file_name": "a/b"}, "file_name: a name"),
        ({"file_name": "gr\xfcn"}, "file_name: a name"),
        ({"file_name": "a", "file_size": "big"}, "file_size: a number"),
        ({"file_name": "a", "parents": ["nosuch"]}, "there is no file nosuch"),
        ({"file_name": "a", "runs": [1]}, "runs: a list"),
        ({"file_name": "a", "application": "reco"}, "application: family"),
        ({"file_name": "a", "colour": "red"}, "colour: there is no such field"),
        (["a"], "one file's metadata"),
    ],
)
def test_metadata_that_make_no_sense_are_invalid(ask, metadata, why):
    answer = ask("POST", "/files", json=metadata)

    assert answer.status_code == 400
    assert answer.json()["error"] == "InvalidMetadata"
    assert why in answer.json()["message"]
    assert ask.get("/files/count", dims="file_name % with availability anylocation").text == "0"


def test_a_file_is_declared_once(ask, raw):
    answer = ask("POST", "/files", json=RAW)

    assert answer.status_code == 409
    assert answer.json()["message"] == "File 'raw_1' exists already"


def test_what_is_nowhere_is_not_found_as_json(ask):
    for method, path in (("GET", "/nosuch"), ("DELETE", "/files/count")):
        answer = ask(method, path)
        assert (answer.status_code, answer.json()["error"]) == (404, "HTTPNotFound")


def test_a_body_that_isnt_json_is_a_bad_request(ask):
    assert ask("POST", "/files", data=b"{").json()["error"] == "BadRequest"

"""Definitions and snapshots over HTTP."""

import pytest


@pytest.fixture
def raw(ask):
    """The definition raw, of one file."""
    ask("POST", "/files", json={"file_name": "raw_1", "locations": ["/data"]})
    return ask.post(
        "/definitions/create", defname="raw", dims="file_name raw%", user="sam", group="demo"
    )


def test_a_definition_says_what_was_defined(ask, raw):
    told = ask.get("/definitions/name/raw").json()

    assert told == raw.json() == ask.get("/definitions/name/raw/describe").json()
    assert (told["defname"], told["dimensions"]) == ("raw", "file_name raw%")
    assert (told["username"], told["group"]) == ("sam", "demo")
    plain = ask.get("/definitions/name/raw/describe", format="plain").text
    assert "dimensions: file_name raw%\n" in plain


def test_a_name_is_defined_once(ask, raw):
    again = ask.post("/definitions/create", defname="raw", dims="file_name x")

    assert (again.status_code, again.json()["error"]) == (409, "Conflict")
    assert ask.get("/definitions/name/raw").json()["dimensions"] == "file_name raw%"


@pytest.mark.parametrize(
    ("defname", "dims", "error"),
    [
        ("new", "nonsense", "DimensionError"),
        ("new", "", "BadRequest"),
        ("", "file_name x", "BadRequest"),
        ("two words", "file_name x", "BadRequest"),
        ("a/b", "file_name x", "BadRequest"),
    ],
)
def test_what_cant_be_a_definition_isnt_made(ask, defname, dims, error):
    answer = ask.post("/definitions/create", defname=defname, dims=dims)

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert ask.get("/definitions/list").json() == []


def test_a_definition_that_isnt_there_is_not_found(ask):
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/files/count")):
        answer = ask(method, f"/definitions/name/nosuch{path}")
        assert (answer.status_code, answer.json()["error"]) == (404, "DefinitionNotFound")
    assert ask.post("/definitions/name/nosuch/snapshot").status_code == 404


def test_a_definitions_files_are_asked_by_its_name(ask, raw):
    assert ask.get("/definitions/name/raw/files/count").text == "1"
    assert ask.get("/definitions/name/raw/files/list", format="json").json() == ["raw_1"]
    assert ask.get("/definitions/name/raw/files/summary").json()["file_count"] == 1


def test_definitions_are_listed(ask, raw):
    ask.post("/definitions/create", defname="other", dims="file_name x", user="ada")

    assert ask.get("/definitions/list", format="plain").text == "raw\nother\n"
    assert ask.get("/definitions/list", user="ada").json() == ["other"]
    assert ask.get("/definitions/list", defname="r%").json() == ["raw"]
    assert ask.get("/definitions/list", group="demo").json() == ["raw"]


def test_a_definition_can_be_renamed_and_described(ask, raw):
    changed = ask(
        "PUT", "/definitions/name/raw", data={"defname": "rawer", "description": "the best"}
    ).json()

    assert (changed["defname"], changed["description"]) == ("rawer", "the best")
    assert ask.get("/definitions/name/raw").status_code == 404
    ask.post("/definitions/create", defname="raw", dims="file_name x")
    assert ask("PUT", "/definitions/name/raw", data={"defname": "rawer"}).status_code == 409


def test_an_unused_definition_is_deleted(ask, raw):
    assert ask("DELETE", "/definitions/name/raw").status_code == 200
    assert ask.get("/definitions/name/raw").status_code == 404


def test_a_definition_with_a_snapshot_stays(ask, raw):
    ask.post("/definitions/name/raw/snapshot", group="demo")

    assert ask("DELETE", "/definitions/name/raw").status_code == 409


def test_a_definition_that_another_is_made_of_stays(ask, raw):
    ask.post("/definitions/create", defname="some", dims="(defname:raw with limit 1)")

    answer = ask("DELETE", "/definitions/name/raw")

    assert answer.status_code == 409
    assert "some uses it" in answer.json()["message"]


def test_a_snapshot_is_a_number_as_text(ask, raw):
    assert ask.post("/definitions/name/raw/snapshot", group="demo").text == "1"
    ask("POST", "/files", json={"file_name": "raw_2", "locations": ["/data"]})
    assert ask.post("/definitions/name/raw/snapshot", group="demo").text == "2"

    counts = [ask.get("/files/count", dims=f"snapshot_id {number}").text for number in (1, 2)]

    assert counts == ["1", "2"]

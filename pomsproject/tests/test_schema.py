"""The API describes itself: in a schema that is valid, and on a page that our CSP lets work."""

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse

PAGE = "/api/v1/docs/"


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    file = tmp_path_factory.mktemp("schema") / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    return yaml.safe_load(file.read_text())


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_the_schema_is_valid_and_nothing_in_it_is_guessed(schema):
    assert len(list(operations(schema))) > 30


def test_every_operation_says_in_words_what_it_does(schema):
    silent = [
        (method, path) for method, path, said in operations(schema) if not said.get("description")
    ]

    assert silent == []


def test_every_operation_declares_what_it_refuses(schema):
    for method, path, said in operations(schema):
        wanted = {"400", "404", "429"}
        if said["security"] != [{}]:
            wanted |= {"401", "403", "503"}
        assert (method, path, wanted - said["responses"].keys()) == (method, path, set())


@pytest.mark.parametrize("path", ["launches", "recoveries"])
def test_what_a_hold_queues_is_declared(schema, path):
    assert "423" in schema["paths"][f"/api/v1/{path}/"]["post"]["responses"]


@pytest.mark.parametrize("path", ["launches", "submissions"])
def test_what_may_be_repeated_by_its_key_is_declared(schema, path):
    said = schema["paths"][f"/api/v1/{path}/"]["post"]

    assert {p["name"] for p in said["parameters"] if p["in"] == "header"} == {"Idempotency-Key"}
    assert said["responses"].keys() >= {"201", "409", "422"}


def test_the_schema_is_served_as_json_too(client):
    assert client.get("/api/v1/schema/?format=json").json()["openapi"].startswith("3.")


def test_the_page_has_neither_script_nor_style_in_itself(client):
    page = client.get(PAGE)

    assert "<style" not in page.text
    assert all(" src=" in script for script in page.text.split("<script")[1:])
    assert "https:" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["?version=%0a", "?lang=xx", "?format=xml", "?version=a%22b"])
@pytest.mark.parametrize("name", ["api-schema", "api-docs"])
def test_odd_questions_do_no_harm(client, name, asked):
    assert client.get(reverse(name) + asked).status_code < 500

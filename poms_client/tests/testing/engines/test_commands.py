"""The stand-ins as processes of their own."""

import json
import subprocess
import sys

import pytest
import requests
from data_dispatcher.api import DataDispatcherClient
from metacat.webapi import MetaCatClient

from poms_client.testing.engine import new_database
from poms_client.tests.testing.engines.conftest import database_server

PEOPLE = [
    {"username": "poms", "password": "secret", "roles": ["shifters"], "namespaces": ["given"]}
]


@pytest.fixture
def run(tmp_path):
    """Return a starter of stand-ins that share a database; it returns their addresses."""
    (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
    started = []

    def start(name, *options):
        command = [sys.executable, "-m", f"poms_client.testing.{name}", "--database", database]
        command += ["--people", str(tmp_path / "people.json"), *options]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1].stdout.readline().strip()

    with new_database(database_server()) as database:
        yield start
        for process in started:
            process.terminate()
            assert process.wait(10) == 0
            process.stdout.close()


def test_both_serve_what_belongs_together(run, tmp_path):
    catalogue = MetaCatClient(run("metacat"), token_library=str(tmp_path / "tokens"))
    catalogue.login_password("poms", "secret")
    url = run("dispatcher", "--daemon-every", "0.05")
    client = DataDispatcherClient(url, worker_id="w", token=catalogue.Token)

    catalogue.create_namespace("samples")
    made = client.create_project(
        ["samples:a"], project_attributes={"virtual": "1"}, worker_timeout=0
    )

    assert client.next_file(made["project_id"], timeout=0, stagger=0)["attempts"] == 1
    for _ in range(500):
        if client.list_handles(made["project_id"], state="initial"):
            break
    assert client.list_handles(made["project_id"])[0]["attributes"] == {"timeouts": 1}


def test_a_restarted_one_knows_what_it_knew(run, tmp_path):
    for _ in range(2):
        catalogue = MetaCatClient(run("metacat"), token_library=str(tmp_path / "tokens"))
        catalogue.login_password("poms", "secret")
        if catalogue.get_namespace("samples") is None:
            catalogue.create_namespace("samples")

    assert [each["name"] for each in catalogue.list_namespaces()] == ["given", "samples"]


def test_faults_can_be_had_from_another_process(run):
    url = run("metacat")
    requests.put(f"{url}/_faults", json=[{"path": "/data/query", "kind": "503"}], timeout=5)

    assert requests.post(f"{url}/data/query", data="files from a:b", timeout=5).status_code == 503
    assert requests.get(f"{url}/version", timeout=5).text == "4.1.4"


def test_without_a_database_it_says_what_is_missing():
    said = subprocess.run(
        [sys.executable, "-m", "poms_client.testing.metacat"],
        capture_output=True,
        text=True,
        env={"PATH": ""},
    )

    assert said.returncode == 2
    assert "--database is missing" in said.stderr

"""The stand-in as a server: what stays, what experiments share, how fast it is."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import poms_client
from poms_client.testing.faults import Fault
from poms_client.testing.sam import SamServer, definitions, files, projects, summaries

HERE = Path(poms_client.__file__).parent.parent
REGISTRY = [
    {
        "type": "fts",
        "tier": "prd",
        "experiment": "demo",
        "name": "demo-fts1",
        "uris": {"service": "http://127.0.0.1:1/fts"},
    }
]
STATES = {
    "newstates": [{"name": "raw_1", "msg": "waiting"}],
    "pendingstates": [],
    "errorstates": [],
}


def test_what_it_knows_stays_when_it_starts_again(tmp_path):
    with SamServer(tmp_path) as sam:
        store = sam.store("demo")
        files.declare(store, {"file_name": "raw_1", "locations": ["/data"]})
        definitions.create(store, "raw", "file_name raw%")
        projects.start(store, "p", defname="raw")
        process = projects.establish_process(store, "p", name="reco")
        projects.next_file(store, "p", process)

    with SamServer(tmp_path) as sam:
        store = sam.store("demo")
        assert store.names("defname: raw") == ["raw_1"]
        projects.tell(store, "p", process, "raw_1", "consumed")
        assert summaries.summary(store, "p")["file_counts"]["consumed"] == 1


def test_experiments_know_nothing_of_each_other(sam, ask):
    files.declare(sam.store("other"), {"file_name": "raw_1", "locations": ["/data"]})

    assert ask.get("/files/count", dims="file_name raw%").text == "0"
    there = requests.get(
        f"{sam.api('other')}/files/count", params={"dims": "file_name raw%"}, timeout=5
    )
    assert there.text == "1"


def test_the_registry_and_the_transfer_services_say_what_they_are_told_to(sam, ask):
    ask("PUT", f"{sam.url}/sam_web_registry/", json=REGISTRY)
    ask("PUT", f"{sam.url}/fts/demo-fts1/status", json=STATES)

    assert ask.get(f"{sam.url}/sam_web_registry/", format="json").json() == REGISTRY
    assert ask.get(f"{sam.url}/fts/demo-fts1/status", format="json").json() == STATES
    assert ask.get(f"{sam.url}/fts/nosuch/status").status_code == 404


def test_faults_meet_its_answers(sam, ask):
    sam.faults.add(Fault(path="/files/count", kind="503", times=1))

    assert ask.get("/files/count", dims="file_name %").status_code == 503
    assert ask.get("/files/count", dims="file_name %").status_code == 200
    assert sam.faults.asked("/files/count") == 2


def test_it_runs_as_a_process_of_its_own_and_outlives_a_kill(tmp_path):
    command = [sys.executable, "-m", "poms_client.testing.sam", "--state", str(tmp_path / "sam")]

    def serve():
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE)

    for number, how in enumerate((signal.SIGKILL, signal.SIGTERM)):
        with serve() as running:
            url = running.stdout.readline().strip()
            api = f"{url}/sam/demo/api"
            said = {"file_name": f"raw_{number}", "locations": ["/data"]}
            assert requests.post(f"{api}/files", json=said, timeout=10).status_code == 201
            count = requests.get(f"{api}/files/count?dims=file_name raw%", timeout=10)
            assert count.text == str(number + 1)
            os.kill(running.pid, how)
        assert running.returncode == (-how if how == signal.SIGKILL else 0)


FILES = 100_000


@pytest.fixture(scope="module")
def large():
    """A hundred thousand files, all located, in 1,000 runs; every tenth has a child."""
    with SamServer() as sam:
        store = sam.store("demo")
        with store.writing():
            store.write_many(
                'insert into files (name, create_date, "user", update_date, update_user, version)'
                " values (?, 0, 'a', 0, 'a', ?)",
                [(f"f{number:06}", f"v{number % 7}") for number in range(FILES)],
            )
            store.write("insert into locations (file, path) select id, '/data' from files")
            store.write("insert into runs select id, id % 1000, 1, 'x' from files")
            store.write("insert into parents select id, id - 1 from files where id % 10 = 0")
        definitions.create(store, "all", "file_name f%")
        projects.start(store, "p", defname="all")
        yield store


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dims", "count"),
    [
        ("file_name f00012_", 0),
        ("file_name f00012%", 10),
        ("run_number 17", 100),
        ("run_number 10-19 and version v3", 144),
        ("defname: all with limit 10 offset 500", 10),
        ("snapshot_for_project_name p and isparentof:( run_number 10 )", 100),
        ("project_name p and consumed_status co%", 0),
        ("project_name p and consumed_status unconsumed and run_number 3", 100),
        ("snapshot_id 1 and file_name f0000%", 100),
    ],
)
def test_simple_counts_among_a_hundred_thousand_files_cost_little(large, dims, count):
    assert steps_of(large, dims, count) < 30 * FILES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dims", "count"),
    [
        ("defname: all", 100_000),
        ("defname: all with stride 7 offset 3", 14_286),
        ("defname: all minus snapshot_for_project_name p", 0),
        ("snapshot_for_project_name p minus (project_name p and consumed_status co%)", 100_000),
    ],
)
def test_counts_of_everything_look_at_each_file_once(large, dims, count):
    assert steps_of(large, dims, count) < 60 * FILES


def steps_of(store, dims, count):
    """Count, and return how many steps SQLite's machine took for it, to a thousand."""
    taken = itertools.count()
    store._connection.set_progress_handler(lambda: next(taken) and 0, 1000)
    try:
        assert store.count(dims) == count
    finally:
        store._connection.set_progress_handler(None, 0)
    return 1000 * next(taken)

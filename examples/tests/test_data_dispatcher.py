"""The demo's jobs as they speak to MetaCat and Data Dispatcher, with the real clients."""

import os
import signal
import subprocess
import sys

import pytest
from data_dispatcher.api import DataDispatcherClient
from metacat.webapi import MetaCatClient

from examples.tests.test_make_lhe import CHECKOUT
from poms_client.testing.dispatcher import DispatcherServer
from poms_client.testing.engine import new_database
from poms_client.testing.faults import Fault
from poms_client.testing.metacat import MetaCatServer
from poms_client.testing.people import Person
from poms_client.tests.testing.engines.conftest import database_server

POMS = Person("poms", token="bearer-of-poms", namespaces=("demo",))
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the clients leave files open


@pytest.fixture(scope="module")
def servers():
    with (
        new_database(database_server()) as url,
        MetaCatServer(url, [POMS]) as metacat,
        DispatcherServer(url, [POMS], daemon_every=3600) as dispatcher,
    ):
        yield metacat, dispatcher


@pytest.fixture(autouse=True)
def sound(servers):
    yield
    for server in servers:
        server.faults.clear()


@pytest.fixture
def catalogue(servers, tmp_path):
    server = servers[0]
    library = str(tmp_path / "tokens")
    return MetaCatClient(server.url, token=server.token("poms"), token_library=library)


@pytest.fixture
def dispatcher(servers, tmp_path):
    server, library = servers[1], str(tmp_path / "tokens")
    return DataDispatcherClient(
        server.url, worker_id="poms", token=server.token("poms"), token_library=library
    )


@pytest.fixture
def run(servers, tmp_path):
    """Run a job of a submission, on the project that POMS made for it; return how it ended."""
    token = tmp_path / "bearer"
    token.write_text("bearer-of-poms")

    def _run(module, *options, submission, project=None, index=0):
        environment = {name: os.environ[name] for name in os.environ if not name.startswith("POMS")}
        environment |= {
            "PYTHONPATH": str(CHECKOUT),
            "EXPERIMENT": "demo",
            "SOFTWARE_VERSION": "v1_0",
            "METACAT_SERVER_URL": servers[0].url,
            "DATA_DISPATCHER_URL": servers[1].url,
            "BEARER_TOKEN_FILE": str(token),
            "JOBSUBJOBID": f"{submission}.{index}@local",
            "POMS4_SUBMISSION_ID": str(submission),
            "POMS4_CAMPAIGN_STAGE_ID": "7",
            "POMS_PARENT_TASK_ID": "",
            "POMS_PROJECT": f"poms_{submission}" if project else "",
            "POMS_DATA_DISPATCHER_TASK_ID": str(submission),
            "POMS_DATA_DISPATCHER_PROJECT_ID": str(project or ""),
            "POMS_JOB_INDEX": str(index),
            "POMS_OUTPUT_DIR": str(tmp_path / f"out-{submission}"),
        }
        command = [sys.executable, "-m", f"examples.{module}", *options]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return _run


@pytest.fixture
def project_of(dispatcher):
    def _project_of(*names):
        made = dispatcher.create_project([f"demo:{name}" for name in names])
        return made["project_id"]

    return _project_of


def test_the_demo_runs_from_stage_to_stage(run, catalogue, dispatcher, project_of):
    inputs = ["gen-1-00.jsonl.gz", "sim-2-00.jsonl.gz", "reco-3-00.csv", "merge-4.csv"]

    assert run("demo.gen", "--events=40", submission=1).returncode == 0
    for submission, (stage, name) in enumerate(
        zip(["sim", "reco", "merge", "plots"], inputs, strict=True), start=2
    ):
        project = project_of(name)
        ended = run(f"demo.{stage}", submission=submission, project=project)
        assert ended.returncode == 0, ended.stderr
        assert dispatcher.get_project(project)["state"] == "done"

    def parents_of(name):
        found = catalogue.query(f"parents(files demo:{name})")
        return [each["name"] for each in found]

    outputs = [*inputs[1:], "plots-5-dimuon-mass.svg"]
    assert [parents_of(name) for name in outputs] == [[name] for name in inputs]
    assert parents_of(inputs[0]) == []


def test_outputs_say_what_poms_finds_them_by(run, catalogue):
    run("demo.gen", "--events=40", submission=11)

    (file,) = catalogue.query("files from demo:poms_depends_11_1", with_metadata=True)

    assert file["name"] == "gen-11-00.jsonl.gz"
    assert file["metadata"] == {
        "core.application.version": "v1_0",
        "demo.data_tier": "generated",
        "demo.events": 40,
    }


def test_a_killed_job_leaves_its_file_reserved_and_a_damaged_one_is_failed(
    run, dispatcher, project_of, tmp_path
):
    run("demo.gen", "--events=40", submission=21)
    project = project_of("gen-21-00.jsonl.gz")

    killed = run("demo.sim", "--memory=610", submission=22, project=project, index=3)

    (handle,) = dispatcher.list_handles(project)
    assert killed.returncode == -signal.SIGKILL
    assert (handle["state"], handle["worker_id"]) == ("reserved", "22.3@local")

    (tmp_path / "out-21/gen-21-00.jsonl.gz").write_bytes(b"no gzip")
    dispatcher.restart_handles(project, reserved=True)
    assert run("demo.sim", submission=23, project=project).returncode == 1
    assert dispatcher.list_handles(project)[0]["state"] == "failed"
    assert dispatcher.get_project(project)["state"] == "failed"


def test_one_job_takes_all_files_of_a_merge(run, catalogue, dispatcher, project_of):
    for index in range(2):
        run("demo.gen", "--events=40", submission=31, index=index)
        project = project_of(f"gen-31-{index:02}.jsonl.gz")
        run("demo.sim", submission=32, project=project)
        run("demo.reco", submission=33, project=project_of(f"sim-32-{index:02}.jsonl.gz"))
    project = project_of("reco-33-00.csv", "reco-33-01.csv")

    assert run("demo.merge", submission=34, project=project).returncode == 0

    assert dispatcher.get_project(project)["state"] == "done"
    merged = catalogue.get_file(did="demo:merge-34.csv")
    assert len(merged["parents"]) == 2


def test_a_job_outlasts_a_restart_of_the_services(run, catalogue, dispatcher, project_of, servers):
    def restart():
        for server in servers:
            server.faults.add(Fault(kind="500", times=1), Fault(kind="refused", times=2))

    restart()
    assert run("demo.gen", "--events=40", submission=51).returncode == 0
    project = project_of("gen-51-00.jsonl.gz")
    restart()
    servers[1].faults.add(Fault(path="/next_file", kind="500", times=1))
    assert run("demo.sim", submission=52, project=project).returncode == 0

    assert dispatcher.get_project(project)["state"] == "done"
    assert catalogue.get_file(did="demo:sim-52-00.jsonl.gz") is not None


def test_a_job_that_finds_no_file_left_ends_well(run, dispatcher, project_of):
    project = project_of("nothing")
    dispatcher.cancel_project(project)

    assert run("demo.sim", submission=41, project=project).returncode == 0

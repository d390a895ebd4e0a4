"""What happens to projects and handles by itself: time-outs and replicas."""

import psycopg2
import pytest
from metacat.common.exceptions import WebAPIError


def take(client, project):
    return client.next_file(project, timeout=0, stagger=0)


@pytest.fixture
def stale(dispatcher):
    """Let so many seconds go by for the projects: move all that is noted back in time."""

    def age(seconds):
        with dispatcher.database.connection(dispatcher.schemas) as db:
            for table, column in (
                ("projects", "created_timestamp"),
                ("project_log", "t"),
                ("file_handle_log", "t"),
                ("file_handles", "reserved_since"),
            ):
                db.cursor().execute(
                    f"update {table} set {column} = {column} - make_interval(secs => {seconds})"
                )

    return age


def make(client, files=1, **options):
    attributes = {"virtual": "True", **options.pop("attributes", {})}
    names = [f"samples:f{i}" for i in range(files)]
    return client.create_project(names, project_attributes=attributes, **options)["project_id"]


def test_a_worker_that_is_silent_for_too_long_loses_its_file(dispatcher, client, stale):
    project = make(client, worker_timeout=30)
    take(client, project)
    stale(29)
    assert dispatcher.tick().released == 0

    stale(2)

    assert dispatcher.tick().released == 1
    (handle,) = client.list_handles(project)
    assert (handle["state"], handle["worker_id"], handle["attempts"]) == ("initial", None, 1)
    assert handle["attributes"] == {"timeouts": 1}


def test_the_timeout_acts_in_the_daemon_only(client, stale):
    project = make(client, worker_timeout=30)
    take(client, project)
    stale(3600)

    assert client.list_handles(project)[0]["state"] == "reserved"
    assert take(client, project) is True


def test_a_file_fails_at_its_timeout_where_the_project_says_so(dispatcher, client, stale):
    project = make(client, worker_timeout=30, attributes={"retry_on_timeout": "False"})
    take(client, project)
    stale(31)

    dispatcher.tick()

    assert client.list_handles(project)[0]["state"] == "failed"


def test_without_a_timeout_a_file_stays_reserved(dispatcher, client, stale):
    project = make(client, idle_timeout=None)
    take(client, project)
    stale(10 * 24 * 3600)

    dispatcher.tick()

    assert client.list_handles(project)[0]["state"] == "reserved"
    assert client.get_project(project)["state"] == "active"


def test_an_idle_project_is_abandoned_and_comes_back_with_the_next_worker(
    dispatcher, client, stale
):
    project = make(client, idle_timeout=3600)
    stale(3601)

    assert dispatcher.tick().abandoned == 1

    assert client.get_project(project)["state"] == "abandoned"
    assert take(client, project)["name"] == "f0"
    assert client.get_project(project)["state"] == "active"


def test_releasing_a_file_brings_an_abandoned_project_back(dispatcher, client, stale):
    project = make(client, files=2, idle_timeout=3600)
    take(client, project)
    stale(3601)
    dispatcher.tick()

    client.file_done(project, "samples:f0")

    assert client.get_project(project)["state"] == "active"


def test_work_keeps_a_project_alive(dispatcher, client, stale):
    project = make(client, files=2, idle_timeout=3600)
    stale(3000)
    take(client, project)
    stale(3000)

    assert dispatcher.tick().abandoned == 0


class TestReplicas:
    """A project that isn't virtual hands out files that are somewhere."""

    @pytest.fixture
    def project(self, client):
        return client.create_project(["samples:a", "samples:b"])["project_id"]

    def test_files_that_nobody_has_found_are_never_handed_out(self, client, project):
        assert take(client, project) is True
        assert [
            each["replicas"] for each in client.get_project(project, True, True)["file_handles"]
        ] == [{}, {}]

    def test_the_daemon_finds_them(self, dispatcher, client, project):
        dispatcher.locate({"samples:b": "file:///d/b"})
        dispatcher.tick()

        file = take(client, project)

        assert file["name"] == "b"
        assert file["replicas"] == {
            "LOCAL": {
                "name": "b",
                "namespace": "samples",
                "path": None,
                "rse": "LOCAL",
                "url": "file:///d/b",
                "urls": ["file:///d/b"],
                "preference": 100,
                "available": True,
                "rse_available": True,
                "proximity": 100,
            }
        }
        assert take(client, project) is True

    def test_an_rse_that_is_down_keeps_its_files(self, dispatcher, worker, client, project):
        dispatcher.locate({"samples:a": "file:///d/a"})
        dispatcher.tick()
        root = worker(as_user="root")

        assert root.set_rse_availability("LOCAL", False)["is_available"] is False
        assert take(client, project) is True
        root.set_rse_availability("LOCAL", True)
        assert take(client, project)["name"] == "a"

    def test_any_text_makes_a_project_virtual(self, client):
        project = make(client, attributes={"virtual": "False"})

        assert take(client, project)["replicas"] == {}


@pytest.fixture
def running(dispatcher):
    """Data Dispatcher with a daemon that wakes once an hour, and when a project is made."""
    dispatcher.daemon.start(3600)
    yield dispatcher
    dispatcher.daemon.stop()


def test_the_daemon_looks_for_the_files_of_a_new_project_at_once(running, client):
    import requests

    said = {"samples:a": "file:///d/a"}
    requests.put(f"{running.url}/_locations", json=said, timeout=5).raise_for_status()

    project = client.create_project(["samples:a"])["project_id"]

    for _ in range(500):
        (handle,) = client.get_project(project, True, True)["file_handles"]
        if handle["replicas"]:
            break
    assert handle["replicas"]["LOCAL"]["url"] == "file:///d/a"
    assert take(client, project)["name"] == "a"


def test_the_daemon_outlasts_a_restart_of_its_database(dispatcher, client, monkeypatch, capsys):
    def broken(*arguments):
        monkeypatch.undo()
        raise psycopg2.OperationalError("the database is gone")

    project = make(client, worker_timeout=0)
    take(client, project)
    monkeypatch.setattr(dispatcher.daemon, "tick", broken)
    dispatcher.daemon.start(interval=0.01)
    try:
        for _ in range(500):
            if client.list_handles(project, state="initial"):
                break
    finally:
        dispatcher.daemon.stop()

    assert client.list_handles(project)[0]["state"] == "initial"
    assert "the database is gone" in capsys.readouterr().err


def test_rses_are_for_all_to_see_and_for_admins_to_change(dispatcher, worker, client):
    import requests

    def post(path, who, **body):
        headers = {"X-Authentication-Token": dispatcher.token(who)}
        return requests.post(f"{dispatcher.url}/{path}", json=body, headers=headers, timeout=5)

    assert post("create_rse", "poms", name="TAPE").status_code == 403
    assert post("create_rse", "root", name="TAPE", is_enabled=True, is_tape=True).ok
    assert post("create_rse", "root", name="TAPE").status_code == 409
    assert [each["name"] for each in client.list_rses()] == ["TAPE"]
    assert post("update_rse", "root", Name="TAPE", Available=False).json()["is_available"] is False
    assert client.get_rse("TAPE")["is_tape"] is True
    assert client.get_rse("LOST") is None
    with pytest.raises(WebAPIError, match="Not authorized"):
        client.set_rse_availability("TAPE", True)

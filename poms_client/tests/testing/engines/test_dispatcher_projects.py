"""Projects of Data Dispatcher, through the real client."""

import pytest
import requests
from metacat.common.exceptions import WebAPIError


def states(client, project):
    return {each["name"]: each["state"] for each in client.list_handles(project)}


def take(client, project):
    """Reserve the next file without waiting; return its DID."""
    file = client.next_file(project, timeout=0, stagger=0)
    return f"{file['namespace']}:{file['name']}"


def finish(client, project, **how):
    """Release every file of the project: failed those that ``how`` names, done the others."""
    while file := client.next_file(project, timeout=0, stagger=0):
        did = f"{file['namespace']}:{file['name']}"
        if file["name"] in how:
            client.file_failed(project, did, retry=False)
        else:
            client.file_done(project, did)


def test_a_project_is_made_with_its_files(client):
    made = client.create_project(
        ["samples:a", {"namespace": "samples", "name": "b", "attributes": {"x": 2}}],
        common_attributes={"x": 1},
        project_attributes={"poms_task_id": "17"},
        query="files from samples:raw",
        worker_timeout=30,
        users=["guest"],
    )

    assert made.pop("created_timestamp") > 1e9
    assert made.pop("file_handles") == [
        {
            "project_id": made["project_id"],
            "namespace": "samples",
            "name": name,
            "state": "initial",
            "worker_id": None,
            "attempts": 0,
            "attributes": {"x": x},
            "reserved_since": None,
        }
        for name, x in (("a", 1), ("b", 2))
    ]
    assert made == {
        "project_id": made["project_id"],
        "owner": "poms",
        "state": "active",
        "active": True,
        "retry_count": None,
        "attributes": {"poms_task_id": "17"},
        "ended_timestamp": None,
        "query": "files from samples:raw",
        "worker_timeout": 30.0,
        "idle_timeout": 72 * 3600.0,
        "users": ["guest"],
        "roles": [],
    }


def test_anybody_may_look_at_a_project(dispatcher, client, project):
    said = requests.get(f"{dispatcher.url}/project?project_id={project}", timeout=5)

    assert said.headers["Content-Type"] == "text/json"
    assert said.json() == client.get_project(project, with_replicas=True)
    assert "file_handles" not in client.get_project(project, with_files=False)
    assert client.get_project(999) is None


def test_a_project_is_done_when_its_last_file_is(client, project):
    finish(client, project)

    ended = client.get_project(project)
    assert (ended["state"], ended["active"]) == ("done", False)
    assert ended["ended_timestamp"] >= ended["created_timestamp"]


def test_a_project_fails_when_any_file_has_failed(client, project):
    finish(client, project, f2=True)

    assert client.get_project(project)["state"] == "failed"


def test_failed_handles_are_restarted_and_the_project_with_them(client, project):
    finish(client, project, f2=True)

    again = client.restart_handles(project, failed=True)

    assert (again["state"], again["ended_timestamp"]) == ("active", None)
    assert states(client, project) == {"f0": "done", "f1": "done", "f2": "initial", "f3": "done"}
    finish(client, project)
    assert client.get_project(project)["state"] == "done"


def test_handles_are_restarted_by_name(client, project):
    finish(client, project)

    client.restart_handles(project, handles=["samples:f1", "samples:f3"])

    assert states(client, project) == {
        "f0": "done",
        "f1": "initial",
        "f2": "done",
        "f3": "initial",
    }


def test_everything_is_restarted_at_once(client, project):
    take(client, project)

    client.restart_handles(project, all=True)

    assert set(states(client, project).values()) == {"initial"}


def test_a_copy_has_the_same_files_afresh(client, project):
    finish(client, project)

    copied = client.copy_project(
        project, project_attributes={"again": "1"}, worker_timeout="2m", idle_timeout="none"
    )

    assert copied["project_id"] != project
    assert {each["state"] for each in copied["file_handles"]} == {"initial"}
    assert copied["attributes"] == {"virtual": "True", "again": "1"}
    assert (copied["worker_timeout"], copied["idle_timeout"]) == (120.0, None)
    assert client.copy_project(project)["idle_timeout"] == 72 * 3600.0


def test_a_cancelled_project_gives_no_files_until_it_is_activated(client, project):
    assert client.cancel_project(project)["state"] == "cancelled"
    assert client.next_file(project, timeout=0, stagger=0) is False

    activated = client.activate_project(project)

    assert activated["state"] == "active"
    assert activated["ended_timestamp"] is not None  # left as it was
    assert take(client, project) == "samples:f0"


def test_projects_are_found_by_attribute_owner_and_state(worker, client, project):
    tagged = client.create_project(["samples:a"], project_attributes={"poms_task_id": "17"})
    worker(as_user="guest").create_project(["samples:a"])

    def found(**how):
        return [each["project_id"] for each in client.list_projects(**how)]

    assert found(attributes={"poms_task_id": "17"}) == [tagged["project_id"]]
    assert found() == [project, tagged["project_id"]]
    assert len(found(owner="all")) == 3
    assert len(found(owner="guest")) == 1
    client.cancel_project(project)
    assert found() == [tagged["project_id"]]
    assert found(state="cancelled") == [project]
    assert [each["project_id"] for each in client.search_projects("poms_task_id = '17'")] == [
        tagged["project_id"]
    ]


def test_a_deleted_project_is_gone(client, project):
    assert client.delete_project(project) is None
    assert client.get_project(project) is None


@pytest.mark.parametrize("verb", ["cancel_project", "activate_project", "delete_project"])
def test_another_ones_project_is_left_alone(worker, project, verb):
    with pytest.raises(WebAPIError, match="Forbidden") as caught:
        getattr(worker(as_user="guest"), verb)(project)

    assert caught.value.StatusCode == 403
    assert getattr(worker(as_user="root"), verb)(project) != "Forbidden"


class TestTraps:
    """What Data Dispatcher does with projects that one wouldn't expect."""

    def test_an_empty_project_is_active_and_never_ends(self, dispatcher, client):
        empty = client.create_project([], idle_timeout=None)

        dispatcher.tick()

        assert (empty["state"], empty["active"]) == ("active", False)
        assert client.get_project(empty["project_id"])["state"] == "active"
        assert client.next_file(empty["project_id"], timeout=0, stagger=0) is False

    @pytest.mark.parametrize(
        ("files", "users"), [(["samples:a", "samples:a"], []), (["samples:a"], ["nobody"])]
    )
    def test_files_given_twice_and_unknown_users_are_errors_in_html(
        self, dispatcher, client, files, users, capsys
    ):
        with pytest.raises(WebAPIError) as caught:
            client.create_project(files, users=users)

        assert caught.value.StatusCode == 500
        assert caught.value.Body.startswith("<html>")
        assert "UniqueViolation" in (log := capsys.readouterr().err) or "ForeignKey" in log

    def test_a_project_whose_files_are_refused_is_left_behind(self, dispatcher, client):
        said = requests.post(
            f"{dispatcher.url}/create_project",
            json={"files": ["no namespace"]},
            headers={"X-Authentication-Token": dispatcher.token("poms")},
            timeout=5,
        )

        assert said.status_code == 400
        assert said.text.startswith("Invalid file specification: no namespace")
        assert [each["file_handles"] for each in client.list_projects()] == [[]]

    def test_any_state_is_no_state(self, client, project):
        assert client.list_projects(state="any", not_state="ignore") == []

    def test_a_timeout_of_zero_is_a_timeout(self, dispatcher, client):
        project = client.create_project(
            ["samples:a"], project_attributes={"virtual": "1"}, worker_timeout=0
        )["project_id"]
        take(client, project)

        dispatcher.tick()

        assert states(client, project) == {"a": "initial"}

    def test_restarting_a_project_is_dead(self, dispatcher, project, capsys):
        said = requests.get(
            f"{dispatcher.url}/restart_project?project_id={project}",
            headers={"X-Authentication-Token": dispatcher.token("poms")},
            timeout=5,
        )

        assert (said.status_code, said.text[:6]) == (500, "<html>")
        assert "no attribute 'restart'" in capsys.readouterr().err

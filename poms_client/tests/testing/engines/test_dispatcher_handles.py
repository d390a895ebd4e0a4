"""File handles of Data Dispatcher: reserving and releasing them, through the real client."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from metacat.common.exceptions import WebAPIError


def take(client, project):
    file = client.next_file(project, timeout=0, stagger=0)
    return file if isinstance(file, bool) else f"{file['namespace']}:{file['name']}"


@pytest.fixture
def get(dispatcher):
    """Ask as ``poms``; return status and text."""

    def ask(path, **arguments):
        said = requests.get(
            f"{dispatcher.url}/{path}",
            params=arguments,
            headers={"X-Authentication-Token": dispatcher.token("poms")},
            timeout=5,
        )
        return said.status_code, said.text

    return ask


def test_a_reserved_file_is_the_workers(client, project):
    file = client.next_file(project, timeout=0, stagger=0)

    assert file.pop("reserved_since") > 1e9
    assert file == {
        "project_id": project,
        "namespace": "samples",
        "name": "f0",
        "state": "reserved",
        "worker_id": "w",
        "attempts": 1,
        "attributes": {},
        "replicas": {},
        "project_attributes": {"virtual": "True"},
    }
    assert [each["name"] for each in client.reserved_handles(project)] == ["f0"]


def test_when_all_are_taken_a_worker_is_told_to_come_again(client, worker, project):
    for _ in range(4):
        take(client, project)

    assert worker("late").next_file(project, timeout=0, stagger=0) is True


@pytest.mark.race
def test_each_file_goes_to_one_worker_however_many_ask_at_once(worker, client):
    files = [f"samples:f{i}" for i in range(40)]
    project = client.create_project(files, project_attributes={"virtual": "1"})["project_id"]

    def work(name):
        mine, done = worker(name), []
        while isinstance(did := take(mine, project), str):
            done.append(did)
            mine.file_done(project, did)
        return done

    with ThreadPoolExecutor(8) as pool:
        done = [did for dids in pool.map(work, (f"w{i}" for i in range(8))) for did in dids]

    assert Counter(done) == dict.fromkeys(files, 1)
    assert {each["attempts"] for each in client.list_handles(project)} == {1}
    assert client.get_project(project)["state"] == "done"


def test_a_failed_file_goes_back_and_to_the_end_of_the_line(client, project):
    first = take(client, project)
    handle = client.file_failed(project, first, retry=True)

    assert (handle["state"], handle["worker_id"], handle["attempts"]) == ("initial", None, 1)
    assert [take(client, project) for _ in range(4)][-1] == first


def test_a_file_may_fail_for_good(client, project):
    assert client.file_failed(project, take(client, project), retry=False)["state"] == "failed"


def test_only_who_reserved_a_file_may_release_it(client, worker, project):
    did = take(client, project)

    with pytest.raises(WebAPIError, match=r"^Not authorized: wrong worker_id$") as caught:
        worker("thief").file_done(project, did)

    assert caught.value.StatusCode == 403
    assert client.file_done(project, did)["state"] == "done"


def test_a_file_that_is_done_belongs_to_nobody(get, client, project):
    did = take(client, project)
    client.file_done(project, did)

    with pytest.raises(WebAPIError, match="wrong worker_id"):
        client.file_done(project, did)
    assert get("release", handle_id=f"{project}:{did}") == (
        404,
        "Handle not found or was not reserved",
    )


def test_a_named_user_may_reserve_and_not_release(client, worker):
    project = client.create_project(
        ["samples:a"], project_attributes={"virtual": "1"}, users=["guest"]
    )["project_id"]
    guest = worker("g", as_user="guest")

    did = take(guest, project)

    with pytest.raises(WebAPIError, match=r"^Not authorized$"):
        guest.file_done(project, did)
    assert did == "samples:a"


def test_whoever_has_a_role_may_reserve(client, worker):
    project = client.create_project(
        ["samples:a"], project_attributes={"virtual": "1"}, roles=["shifters"]
    )["project_id"]

    assert take(worker("g", as_user="guest"), project) == "samples:a"


def test_next_file_says_exactly_what_is_wrong(dispatcher, get, client, project):
    others = client.create_project(["samples:a"], project_attributes={"virtual": "1"})
    client.cancel_project(others["project_id"])

    assert get("next_file", project_id=999, worker_id="w") == (404, "Project not found")
    assert get("next_file", project_id=project) == (
        400,
        "Project ID and Worker ID must be specified",
    )
    assert get("next_file", project_id=others["project_id"], worker_id="w") == (
        400,
        "Inactive project. State=cancelled",
    )
    said = requests.get(f"{dispatcher.url}/next_file?project_id={project}&worker_id=w", timeout=5)
    assert (said.status_code, said.text) == (401, "Token not found")
    guest = {"X-Authentication-Token": dispatcher.token("guest")}
    url = f"{dispatcher.url}/next_file?project_id={project}&worker_id=w"
    said = requests.get(url, headers=guest, timeout=5)
    assert (said.status_code, said.text) == (403, "Not authorized")


def test_the_client_takes_every_error_for_the_end_of_the_project(client):
    assert client.next_file(999, timeout=0, stagger=0) is False
    client.Token = None
    assert client.next_file(999, timeout=0, stagger=0) is False


def test_handles_are_listed_by_state_without_replicas(dispatcher, client, project):
    take(client, project)

    assert [each["name"] for each in client.list_handles(project, state="reserved")] == ["f0"]
    assert len(client.list_handles(project, not_state="reserved")) == 3
    assert all("replicas" not in each for each in client.list_handles(project, with_replicas=True))
    url = f"{dispatcher.url}/file_handle?project_id={project}&name="
    assert requests.get(f"{url}samples:f0", timeout=5).json()["state"] == "reserved"
    assert requests.get(f"{url}samples:lost", timeout=5).json() is None

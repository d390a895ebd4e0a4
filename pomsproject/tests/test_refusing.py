"""What isn't there, or fails: told in JSON to programs, on a page to people."""

import pytest
from django.test import Client

from pomsproject.api import urlpatterns


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("address", ["/api/v1/nonsense/", "/api/v2/submissions/", "/api/"])
def test_the_api_says_in_json_that_there_is_no_such_address(client, method, address):
    answer = getattr(client, method)(address)

    assert answer.status_code == 404
    assert address in answer.json()["detail"]


def test_people_are_shown_a_page(client):
    answer = client.get("/nonsense/")

    assert answer.status_code == 404
    assert "Not found" in answer.content.decode()


def fail(*args, **kwargs):
    raise RuntimeError("a secret of the code")


def test_what_fails_tells_programs_so_and_nothing_else(monkeypatch):
    client = Client(raise_request_exception=False)
    [leave] = [path for path in urlpatterns if getattr(path, "name", "") == "api-leave"]
    monkeypatch.setattr(leave, "callback", fail)

    answer = client.post("/api/v1/submissions/1/leave/")

    assert answer.status_code == 500
    assert answer.json() == {"detail": "POMS failed to answer; its log says why"}

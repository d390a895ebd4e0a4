"""Uploaded files, and how services are, by the old names."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.scopes import Scope
from campaigns.tests import builders
from submissions.models import ServiceStatus, UploadedFile
from submissions.shelves import QUOTA, Sent, Shelf

AT = datetime(2025, 3, 1, 12, 0, 0, 700_000, tzinfo=UTC)
MINE = "nova/analysis/ana"


@pytest.fixture
def ana(site, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return builders.person("ana", "analysis")


@pytest.fixture
def script(site, ana):
    return site.scripts_of(ana)


@pytest.fixture
def kept(ana):
    shelf = Shelf(builders.experiment(), ana)
    with time_machine.travel(AT, tick=False):
        shelf.keep([Sent("x509up_voms_nova_Analysis_ana", [b"proxy"]), Sent("b", [b"two"])])
    return shelf


def names():
    return sorted(UploadedFile.objects.values_list("name", flat=True))


def test_files_are_uploaded_and_lead_on_to_the_list(script):
    files = [SimpleUploadedFile("a.fcl", b"one"), SimpleUploadedFile("b.fcl", b"two")]

    answer = script.post(f"/poms/upload_file/{MINE}", {"filename": files})

    assert answer.status_code == 303
    assert "/poms/file_uploads?" in answer["Location"]
    assert names() == ["a.fcl", "b.fcl"]
    listed = script.get(answer["Location"].partition("testserver")[2]).json()
    assert [row[0] for row in listed["file_stat_list"]] == ["a.fcl", "b.fcl"]


def test_the_list_tells_size_and_time_as_the_old_client_reads_them(script, kept):
    answer = script.get(f"/poms/file_uploads/{MINE}?fmt=json").json()

    assert answer["file_stat_list"] == [
        ["b", 3, "2025-03-01T12:00:00Z"],
        ["x509up_voms_nova_Analysis_ana", 5, "2025-03-01T12:00:00Z"],
    ]
    assert (answer["total"], answer["quota"]) == (8, QUOTA)
    assert answer["experimenters"] == ["ana"]


def test_a_file_is_got_back(script, kept):
    answer = script.get(f"/poms/download_file/{MINE}", {"filename": "b"})

    assert b"".join(answer.streaming_content) == b"two"
    assert answer["Content-Type"].startswith("text/plain")
    assert script.get(f"/poms/download_file/{MINE}", {"filename": "../b"}).status_code == 404


def test_a_token_that_only_reads_does_not_get_it(site, ana, kept):
    reader = site.scripts_of(ana, Scope.READ)

    assert reader.get(f"/poms/download_file/{MINE}", {"filename": "b"}).status_code == 403


@pytest.mark.parametrize("said", [{"filename": ["b", "no such"]}, {"filename": "b"}])
def test_files_are_removed_and_one_that_is_not_there_is_no_mistake(script, kept, said):
    answer = script.post(
        f"/poms/remove_uploaded_files/{MINE}", {**said, "action": "delete", "redirect": "0"}
    )

    assert (answer.status_code, answer.text) == (200, "Ok.")
    assert names() == ["x509up_voms_nova_Analysis_ana"]


def test_a_form_is_led_back_to_the_list(script, kept):
    said = {"filename": "b", "action": "delete", "redirect": "1"}

    assert script.post(f"/poms/remove_uploaded_files/{MINE}", said).status_code == 303


def test_the_files_of_another_are_theirs(site, ana, kept):
    boss = site.scripts_of(builders.person("boss", "superuser"))
    asked = {"experiment": "nova", "checkuser": "ana"}

    assert site.script.get("/poms/file_uploads", asked).status_code == 403
    assert site.script.get("/poms/file_uploads/nova/production/ana").status_code == 403
    assert boss.get("/poms/file_uploads", asked).json()["total"] == 8
    members = boss.get("/poms/file_uploads", asked).json()["experimenters"]
    assert members == ["ana", "boss", "prod"]


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("upload_file", {}),
        ("upload_file", {"filename": SimpleUploadedFile("a", b"x" * (QUOTA + 1))}),
        ("upload_file", {"filename": SimpleUploadedFile("-rf", b"x")}),
        ("remove_uploaded_files", {}),
        ("remove_uploaded_files", {"filename": "b", "action": "rename"}),
        ("download_file", {}),
    ],
)
def test_what_makes_no_sense_is_refused(script, kept, endpoint, said):
    answer = script.post(f"/poms/{endpoint}/{MINE}", said)

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert names() == ["b", "x509up_voms_nova_Analysis_ana"]


# services


def test_an_agent_says_how_a_service_is(site):
    said = {"name": "fifemon_SAM", "parent": "All", "status": "degraded", "total": 4, "failed": 1}

    answer = site.agent.get("/poms/update_service", {**said, "description": "slow"})

    assert (answer.status_code, answer.text) == (200, "Ok.")
    service = ServiceStatus.objects.get(name="fifemon_SAM")
    assert (service.status, service.parent.name, service.failed) == ("degraded", "All", 1)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": "x"},
        {"name": "x", "status": "fine"},
        {"name": "x", "status": "good", "parent": "x"},
    ],
)
def test_a_service_that_makes_no_sense_is_not_kept(site, said):
    answer = site.agent.get("/poms/update_service", said)

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not ServiceStatus.objects.exists()


def test_nobody_else_says_it(site):
    said = {"name": "SAM", "status": "bad"}

    assert site.script.post("/poms/update_service", said).status_code == 403

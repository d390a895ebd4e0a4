"""What is misspelt is refused by the API, and never taken for something that wasn't said."""

import json

import pytest
from rest_framework.test import APIClient

from campaigns.tests import builders
from datahandling.models import File
from pomsproject.api import router
from submissions.models import ServiceStatus, Submission
from workflow.models import Hold, Schedule


@pytest.fixture
def stage(db):
    return builders.stage("reco", builders.campaign("mc", builders.person("prod", "production")))


@pytest.fixture
def api(stage):
    client = APIClient()
    client.force_authenticate(stage.creator)
    return client


def bodies(stage):
    """Return for each address a body with a key that there isn't, that key, and what was meant."""
    return {
        "launches/": ({"stage": stage.pk, "tset": True}, "tset", "test"),
        "recoveries/": ({"submision": 1, "recovery_type": "x"}, "submision", "submission"),
        "controls/": ({"act": "kill", "stage": stage.pk, "afer": 1}, "afer", "after"),
        "holds/": ({"reason": "to see", "campain": 1}, "campain", "campaign"),
        "schedules/": ({"stage": stage.pk, "cron": "0 3 * * *", "crn": "x"}, "crn", "cron"),
        "submissions/": ({"stage_id": stage.pk, "data_set": "x"}, "data_set", "dataset"),
        "submissions/1/leave/": ({"tokn": "x"}, "tokn", "token"),
        "campaigns/import/": ({"file": "x", "dryrun": True}, "dryrun", "dry_run"),
        "projects/p/next/?experiment=nova": ({"worker": "w", "requst": "x"}, "requst", "request"),
    }


@pytest.mark.parametrize("url", bodies(Submission(pk=0)))
def test_a_misspelt_key_is_refused_with_the_one_that_was_meant(api, stage, url):
    body, misspelt, meant = bodies(stage)[url]

    answer = api.post(f"/api/v1/{url}", body, format="json")

    assert answer.status_code == 400
    assert answer.json() == {misspelt: [f"there is no such key: did you mean {meant}?"]}
    assert not any(kind.objects.exists() for kind in (Submission, Hold, Schedule))


def test_a_key_that_is_like_none_is_answered_with_those_there_are(api, stage):
    answer = api.post("/api/v1/recoveries/", {"x": 1, "y" * 500: 2}, format="json")

    said = ["there is no such key; there are recovery_type, submission"]
    assert answer.json() == {"x": said, "y" * 100: said}


def test_each_declared_file_is_looked_at(api):
    files = [{"name": "a"}, {"name": "b", "parent": ["a"]}, {"name": "c", "experiment": "nova"}]

    answer = api.post("/api/v1/files/?experiment=nova", files, format="json")

    assert answer.status_code == 400
    assert answer.json() == {"1": {"parent": ["there is no such key: did you mean parents?"]}}
    assert not File.objects.exists()


def test_a_misspelt_field_of_an_upload_is_refused(api):
    answer = api.post("/api/v1/uploads/", {"experimnt": "nova"}, format="multipart")

    assert answer.json() == {"experimnt": ["there is no such key: did you mean experiment?"]}


def test_agents_may_say_more_than_is_kept(stage):
    api = APIClient()
    api.force_authenticate(builders.person("lens", is_agent=True))
    beat = {"source": "lens@here", "agent": "lens", "ok": True, "every": 60, "mood": "fine"}
    said = {"name": "SAM", "status": "good", "mood": "fine"}
    report = {"submission_id": 1, "status": "Idle", "mood": "fine"}

    answers = [
        api.post(f"/api/v1/{url}", body, format="json")
        for url, body in (("agents/", beat), ("services/", said), ("reports/", report))
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert ServiceStatus.objects.get().name == "SAM"


LISTS = [prefix for prefix, *_ in router.registry]


@pytest.mark.parametrize("name", [*LISTS, "holds", "schedules"])
def test_a_parameter_that_a_list_has_not_is_refused(api, name):
    known = api.get(f"/api/v1/{name}/?page_size=5&format=json")
    answer = api.get(f"/api/v1/{name}/?nosuch=1&page_sice=5")

    assert known.status_code == 200
    assert answer.status_code == 400
    assert answer.json()["nosuch"][0].startswith("there is no such parameter; there are ")
    assert answer.json()["page_sice"] == ["there is no such parameter: did you mean page_size?"]


def test_a_misspelt_filter_is_refused(api):
    answer = api.get("/api/v1/submissions/?stat=New")

    assert answer.json() == {"stat": ["there is no such parameter: did you mean status?"]}
    assert api.get("/api/v1/submissions/?status__in=New&original__isnull=1").status_code == 200


@pytest.mark.parametrize(
    ("key", "name"), [("experiment", "dune"), ("campaign", "nope"), ("stage", "gen")]
)
def test_names_that_contradict_the_number_of_the_stage_are_refused(api, stage, key, name):
    right = {"stage_id": stage.pk, "experiment": "nova", "campaign": "mc", "stage": "reco"}

    answer = api.post("/api/v1/submissions/", right | {key: name}, format="json")

    assert answer.status_code == 400
    assert f"not {name}" in answer.json()[key][0]
    assert not Submission.objects.exists()
    assert api.post("/api/v1/submissions/", right, format="json").status_code == 201


def test_the_schema_says_so(client):
    bodies = json.loads(client.get("/api/v1/schema/?format=json").text)["components"]["schemas"]

    assert bodies["LaunchRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in bodies["BeatRequest"]

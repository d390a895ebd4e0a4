"""A token does what its scopes say, and no more than its owner may."""

import pytest
from rest_framework.test import APIClient

from campaigns.models import ApiToken
from campaigns.scopes import Scope
from campaigns.tests import builders
from submissions.models import Run
from submissions.models.submissions import Cause
from submissions.registering import register

pytestmark = pytest.mark.django_db

NEEDED = {
    ("get", "submissions/"): Scope.READ,
    ("get", "campaigns/"): Scope.READ,
    ("post", "reports/"): Scope.REPORT,
    ("post", "launches/"): Scope.LAUNCH,
    ("post", "recoveries/"): Scope.LAUNCH,
    ("post", "submissions/"): Scope.LAUNCH,
    ("post", "holds/"): Scope.LAUNCH,
    ("delete", "holds/1/"): Scope.LAUNCH,
    ("post", "schedules/"): Scope.LAUNCH,
    ("post", "campaigns/import/"): Scope.LAUNCH,
    ("post", "files/"): Scope.LAUNCH,
}


@pytest.fixture
def submission():
    someone = builders.person("prod", "production")
    campaign = builders.campaign("mc", someone)
    stage = builders.stage("reco", campaign)
    return register(stage, Run.objects.create(campaign=campaign, creator=someone), Cause.PERSON)


def script_of(owner, *scopes):
    _, token = ApiToken.objects.create(owner, scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_does_what_it_is_for_and_nothing_else(submission, scope):
    script = script_of(submission.creator, scope)

    for (method, path), needed in NEEDED.items():
        answer = getattr(script, method)(f"/api/v1/{path}")
        lacking = answer.status_code == 403 and "hasn't the scope" in answer.json()["detail"]
        assert (method, path, lacking) == (method, path, needed != scope)


def test_a_scope_gives_nobody_more_rights_than_they_have(submission):
    analyst = script_of(builders.person("ana", "analysis"), Scope.REPORT, Scope.LAUNCH)
    report = {"submission_id": submission.pk, "status": "Running"}

    assert analyst.post("/api/v1/reports/", report).status_code == 403
    assert analyst.post("/api/v1/launches/", {"stage": submission.stage_id}).status_code == 403


def test_a_token_of_an_agent_launches_nothing(submission):
    agent = script_of(builders.person("lens", is_agent=True), *Scope)  # even so

    assert agent.post("/api/v1/launches/", {"stage": submission.stage_id}).status_code == 403
    report = {"submission_id": submission.pk, "status": "Idle"}
    assert agent.post("/api/v1/reports/", report).json()["outcome"] == "moved"


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("update_submission", Scope.REPORT),
        ("launch_jobs", Scope.LAUNCH),
        ("job_type_rm", Scope.LAUNCH),
        ("show_campaigns", Scope.READ),
    ],
)
@pytest.mark.parametrize("scope", list(Scope))
def test_a_get_of_the_old_system_that_changes_something_needs_its_scope(
    submission, name, needed, scope
):
    answer = script_of(submission.creator, scope).get(f"/poms/{name}")

    lacking = answer.status_code == 403 and "hasn't the scope" in answer.text
    assert lacking == (scope != needed)

"""A campaign whose data service nobody has set up: it is launched, told of, and waits (W9)."""

import pytest
from rest_framework.test import APIClient

from campaigns.models import Membership
from campaigns.tests.builders import data_service
from poms_client.testing.sam import SamServer
from submissions.models import Submission
from workflow.tasks import run_pass

MISSING = "where SAM of demo is isn't known"


@pytest.fixture
def stage(world):
    world.campaign.data_handler = "sam"
    world.campaign.save()
    return world.stage("gen", stage_type="generator")


@pytest.fixture
def member(world):
    Membership.objects.create(
        experimenter=world.person, experiment=world.experiment, role="production"
    )
    return world.person


def test_who_launches_from_a_page_is_told(client, world, stage, member):
    client.force_login(member)

    page = client.post(f"/stages/{stage.pk}/launch/", follow=True)

    assert page.redirect_chain
    assert MISSING in page.text.replace("&#x27;", "'")
    assert Submission.objects.count() == 1


def test_who_launches_over_the_api_is_told(world, stage, member):
    client = APIClient()
    client.force_authenticate(member)

    answer = client.post("/api/v1/launches/", {"stage": stage.pk}, format="json")

    assert answer.status_code == 201
    assert MISSING in answer.json()["detail"]


def test_it_waits_says_why_and_goes_on_once_somebody_says_where(world, stage):
    submission = world.launch(stage)
    run_pass()
    assert world.status(submission) == "New"
    assert MISSING in world.conclusion(submission)

    with SamServer() as sam:
        data_service("demo", url=sam.api("demo"))
        Submission.objects.filter(pk=submission.pk).update(due_at=submission.created)
        run_pass()

    assert world.status(submission) == "Idle"

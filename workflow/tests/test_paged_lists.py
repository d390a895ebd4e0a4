"""Lists of the REST API come page by page, and cost the same queries however long they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Membership
from workflow.holds import hold
from workflow.models import Schedule

LISTS = ["holds", "schedules", "decisions", "history"]


@pytest.fixture
def lists(world, client):
    """The address of each list, and how to lengthen it by a row."""
    Membership.objects.create(experimenter=world.person, experiment=world.experiment)
    client.force_login(world.person)
    stage = world.stage("gen", stage_type="generator")
    submission = world.launch(stage)
    submission.history.all().delete()
    now = timezone.now()
    add = {
        "holds": lambda: hold(stage, "disks are full", world.person),
        "schedules": lambda: Schedule.objects.create(
            campaign=world.campaign, stage=stage, cron="0 3 * * *", who=world.person
        ),
        "decisions": lambda: submission.decisions.create(about="x", first_at=now, last_at=now),
        "history": lambda: submission.history.create(status="New", at=now, who=world.person),
    }
    over = {"decisions", "history"}  # a submission
    return {
        name: (f"/api/v1/{f'submissions/{submission.pk}/' if name in over else ''}{name}/", row)
        for name, row in add.items()
    }


@pytest.mark.parametrize("name", LISTS)
def test_a_list_comes_in_pages(lists, client, name):
    address, add = lists[name]
    for _ in range(3):
        add()

    first = client.get(address, {"page_size": 2}).json()
    rest = client.get(first["next"]).json()
    whole = client.get(address).json()["results"]

    assert (len(first["results"]), len(rest["results"]), rest["next"]) == (2, 1, None)
    assert first["results"] + rest["results"] == whole


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_queries_however_long_it_is(lists, client, name):
    address, add = lists[name]
    add()
    few = queries(client, address)
    for _ in range(5):
        add()

    assert queries(client, address) == few


def queries(client, address):
    with CaptureQueriesContext(connection) as said:
        assert client.get(address).json()["results"]
    return len(said)

"""A campaign whose data service nobody has set up yet: told wherever somebody works on it."""

import pytest
from django.urls import reverse

from campaigns.dataservices import handler_of, what_is_missing
from campaigns.exchange import import_campaign
from campaigns.tests import builders
from campaigns.tests.builders import DISPATCHER, data_service, person
from datahandling.base import Unknown

pytestmark = pytest.mark.django_db

FILE = """
[campaign]
experiment = nova
name = onsam
data_handling_service = sam
campaign_stage_list = gen

[campaign_stage gen]
stage_type = generator
job_type = job
login_setup = login

[job_type job]
launch_script = run

[login_setup login]
host = node
"""


@pytest.fixture
def campaign(me):
    return builders.campaign("mc", me, data_handler="sam")


def test_nothing_is_known_of_files_before_somebody_says_where_they_are(campaign):
    with pytest.raises(Unknown, match=r"where SAM of nova is isn't known: add it"):
        handler_of("sam", "nova")
    assert "Nothing of mc is launched or decided yet" in what_is_missing(campaign)


def test_the_service_of_another_kind_or_experiment_is_none(campaign):
    data_service(**DISPATCHER)
    data_service("dune")

    assert what_is_missing(campaign) is not None


def test_with_its_service_nothing_is_missing(campaign):
    data_service()

    assert what_is_missing(campaign) is None


def test_the_embedded_catalogue_is_always_there(me):
    assert what_is_missing(builders.campaign("mc", me)) is None


def test_who_imports_a_campaign_is_told(me):
    def warnings():
        return import_campaign(
            FILE, builders.experiment(), root, "production", replace=True
        ).warnings

    root = person("root", is_superuser=True)
    assert len(warnings()) == 1
    assert "add it under Data services" in warnings()[0]

    data_service()
    assert warnings() == ()


def test_who_saves_a_campaign_is_told_and_it_is_saved(client, campaign):
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    said = {
        "name": "renamed",
        "active": "on",
        "data_handler": "sam",
        "keywords": "",
        "defaults": "",
    }

    answer = client.post(page, said, follow=True)

    assert "Nothing of renamed is launched" in answer.text
    campaign.refresh_from_db()
    assert campaign.name == "renamed"

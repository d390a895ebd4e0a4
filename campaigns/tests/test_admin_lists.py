"""The admin's pages cost the same number of queries, however much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Tag
from campaigns.tests import builders
from campaigns.tests.builders import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    me = person("me", "superuser")
    client.force_login(me)
    return me


def fill(owner, start, stop):
    """Make campaigns of two stages, with people and tags."""
    for n in range(start, stop):
        campaign = builders.campaign(f"mc{n}", owner)
        Tag.objects.create(experiment=builders.experiment(), name=f"tag{n}")
        gen, reco = builders.stage("gen", campaign), builders.stage("reco", campaign)
        builders.feeds(gen, reco)
        person(f"person{n}", "analysis")


def queries(client, url):
    client.get(url)  # what is looked up once per process isn't counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "model", ["experiment", "campaign", "campaignstage", "jobtype", "loginsetup", "tag"]
)
def test_a_list_costs_the_same_for_few_and_for_many(client, member, model):
    page = reverse(f"admin:campaigns_{model}_changelist")
    fill(member, 0, 2)
    few = queries(client, page)
    fill(member, 2, 12)

    assert queries(client, page) == few


def test_the_page_of_a_campaign_costs_the_same_for_few_stages_and_for_many(client, member):
    campaign = builders.campaign("mc", member)
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    first = builders.stage("first", campaign)
    builders.feeds(first, builders.stage("second", campaign))
    few = queries(client, page)
    for n in range(10):
        builders.feeds(first, builders.stage(f"more{n}", campaign))

    assert queries(client, page) == few


def test_the_page_of_an_experiment_costs_the_same_for_few_members_and_for_many(client, member):
    page = reverse("admin:campaigns_experiment_change", args=[builders.experiment().pk])
    person("one", "analysis")
    few = queries(client, page)
    for n in range(10):
        person(f"more{n}", "analysis")

    assert queries(client, page) == few


def test_the_page_of_a_stage_costs_the_same_for_few_edges_and_for_many(client, member):
    campaign = builders.campaign("mc", member)
    gen = builders.stage("gen", campaign)
    page = reverse("admin:campaigns_campaignstage_change", args=[gen.pk])
    builders.feeds(gen, builders.stage("reco", campaign))
    few = queries(client, page)
    for n in range(10):
        builders.feeds(gen, builders.stage(f"more{n}", campaign))

    assert queries(client, page) == few

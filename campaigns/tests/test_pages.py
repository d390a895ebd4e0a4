"""The pages of campaigns and stages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Experiment, Tag
from campaigns.models.campaigns import EdgeKind
from campaigns.tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer(client):
    person = builders.person("prod", "production")
    client.force_login(person)
    return person


def text_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, response
    return response.content.decode()


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as said:
        text_of(client, address)
    return len(said)


def test_who_is_not_signed_in_is_sent_to_sign_in(client):
    response = client.get("/campaigns/")

    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/campaigns/"


def test_the_list_shows_only_campaigns_of_ones_own_experiments(client, producer):
    builders.campaign("mine", producer)
    builders.campaign("theirs", producer, of="dune")

    page = text_of(client, "/campaigns/?state=all")

    assert "mine" in page
    assert "theirs" not in page


def test_the_list_is_narrowed_by_name_experiment_and_state(client, producer):
    builders.campaign("keepup", producer)
    builders.campaign("old keepup", producer, active=False)
    builders.campaign("monte carlo", producer)

    assert "monte carlo" not in text_of(client, "/campaigns/?name=keep")
    assert "old keepup" not in text_of(client, "/campaigns/?name=keep")
    assert "old keepup" in text_of(client, "/campaigns/?state=inactive")
    assert "No campaign" in text_of(client, "/campaigns/?experiment=dune")


def test_a_campaign_without_stages_has_nothing_to_launch(client, producer):
    empty = builders.campaign("empty", producer)
    full = builders.campaign("full", producer)
    builders.stage("gen", full)

    launch = 'action="/campaigns/{}/launch/"'
    assert launch.format(empty.pk) not in text_of(client, f"/campaigns/{empty.pk}/")
    assert "no stage to begin with" in text_of(client, f"/campaigns/{empty.pk}/")
    assert launch.format(full.pk) in text_of(client, f"/campaigns/{full.pk}/")


def test_pages_of_a_long_list_keep_the_filter(client, producer):
    for number in range(60):
        builders.campaign(f"mc {number:02}", producer)

    page = text_of(client, "/campaigns/?name=mc")

    assert "page 1 of 2" in page
    assert "name=mc&amp;experiment=&amp;state=&amp;page=2" in page


def test_the_list_costs_the_same_queries_however_long_it_is(client, producer):
    def add(name):
        campaign = builders.campaign(name, producer)
        builders.stage("gen", campaign)
        tag = Tag.objects.create(experiment=Experiment.objects.get(), name=name)
        campaign.tags.add(tag)

    add("first")
    few = queries(client, "/campaigns/")
    for number in range(30):
        add(f"mc {number}")

    assert queries(client, "/campaigns/") == few


def test_a_campaign_shows_its_stages_and_tells_kinds_of_edges_apart(client, producer):
    campaign = builders.campaign("mc", producer)
    gen, merge = builders.stage("gen", campaign), builders.stage("merge", campaign, join=True)
    builders.feeds(gen, merge)
    builders.feeds(gen, gen, kind=EdgeKind.NEXT_SLICE)

    page = text_of(client, f"/campaigns/{campaign.pk}/")

    assert page.count('class="edge edge-feeds"') == 1
    assert page.count('class="edge edge-next-slice"') == 1
    assert page.count("stage-join") == 1
    assert f'href="/stages/{gen.pk}/"' in page


def test_a_campaign_costs_the_same_queries_however_many_stages_it_has(client, producer):
    campaign = builders.campaign("mc", producer)
    builders.stage("first", campaign)
    few = queries(client, f"/campaigns/{campaign.pk}/")
    for number in range(15):
        builders.stage(f"stage {number}", campaign)

    assert queries(client, f"/campaigns/{campaign.pk}/") == few


def test_buttons_are_there_for_whom_may_press_them(client, producer):
    campaign = builders.campaign("mc", producer)
    address = f"/campaigns/{campaign.pk}/"
    assert "Launch" in text_of(client, address)
    assert "Edit" in text_of(client, address)

    client.force_login(builders.person("shift", "production-shifter"))
    assert "Launch" in text_of(client, address)
    assert "Edit" not in text_of(client, address)

    client.force_login(builders.person("ana", "analysis"))
    assert "Launch" not in text_of(client, address)


def test_a_campaign_of_another_experiment_is_not_to_be_found(client, producer):
    theirs = builders.campaign("theirs", producer, of="dune")
    stage = builders.stage("gen", theirs)

    assert client.get(f"/campaigns/{theirs.pk}/").status_code == 404
    assert client.get(f"/stages/{stage.pk}/").status_code == 404


def test_a_stage_shows_how_it_is_set_up_and_what_stands_around_it(client, producer):
    campaign = builders.campaign("mc", producer)
    gen = builders.stage("gen", campaign)
    sim = builders.stage(
        "sim", campaign, split_type="nfiles(4)", param_overrides=[["--memory=", "<2000"]]
    )
    builders.feeds(gen, sim, file_pattern="gen-%.root")

    page = text_of(client, f"/stages/{sim.pk}/")

    assert "nfiles(4)" in page
    assert "--memory=&lt;2000" in page
    assert "gen-%.root" in page
    assert "2 d" in page


def test_names_of_people_are_written_as_text(client, producer):
    campaign = builders.campaign("<script>alert(1)</script>", producer)

    assert "<script>alert" not in text_of(client, f"/campaigns/{campaign.pk}/")

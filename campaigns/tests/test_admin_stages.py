"""A stage's page: its form, the edges on both sides, and the rules that they have to obey."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.models import CampaignDependency, CampaignStage
from campaigns.tests import builders
from campaigns.tests.builders import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(me):
    return builders.campaign("mc", me)


@pytest.fixture
def gen(campaign):
    return builders.stage("gen", campaign, stage_type="generator")


@pytest.fixture
def reco(campaign, gen):
    reco = builders.stage("reco", campaign)
    builders.feeds(gen, reco, file_pattern="%gen.root")
    return reco


def page_of(stage):
    return reverse("admin:campaigns_campaignstage_change", args=[stage.pk])


def filled_in(stage, incoming=(), outgoing=(), **changes):
    """Return the form of a stage as a person would send it; edges are rows of fields."""
    fields = {
        "campaign": stage.campaign_id,
        "name": stage.name,
        "stage_type": stage.stage_type,
        "job_type": stage.job_type_id,
        "login_setup": stage.login_setup_id,
        "vo_role": "Production",
        "slices_at_once": 1,
        "completion_type": "located",
        "completion_pct": "95",
        "output_ancestor_depth": 1,
        "release_at": "percentage",
        "give_up_after": "2d",
        "settle_time": "30m",
        "when_failed": "stop",
    }
    return {**fields, **rows("incoming", incoming), **rows("outgoing", outgoing), **changes}


def rows(prefix, edges):
    known = [edge for edge in edges if "id" in edge]
    data = {
        f"{prefix}-TOTAL_FORMS": len(edges),
        f"{prefix}-INITIAL_FORMS": len(known),
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for n, edge in enumerate(known + [edge for edge in edges if "id" not in edge]):
        data |= {
            f"{prefix}-{n}-{name}": value for name, value in {"file_pattern": "%", **edge}.items()
        }
    return data


def row(edge):
    """Return a stored edge as the page of its downstream stage sends it back."""
    return {
        "id": edge.pk,
        "downstream": edge.downstream_id,
        "upstream": edge.upstream_id,
        "kind": edge.kind,
        "file_pattern": edge.file_pattern,
    }


def errors(response):
    assert response.status_code == 200
    return " ".join(str(error) for error in response.context["errors"])


def edges():
    return [
        (e.upstream.name, e.downstream.name, e.kind, e.file_pattern, e.position)
        for e in CampaignDependency.objects.all()
    ]


def test_a_stage_is_added_with_what_feeds_it_and_what_it_feeds(client, campaign, gen, reco, me):
    new = CampaignStage(
        campaign=campaign,
        name="filter",
        stage_type="regular",
        job_type=gen.job_type,
        login_setup=gen.login_setup,
    )
    form = filled_in(
        new,
        incoming=[{"upstream": gen.pk, "kind": "feeds", "file_pattern": "%raw.root"}],
        outgoing=[{"downstream": reco.pk, "kind": "feeds"}],
        param_overrides='["--memory=", "2000MB"]',
        give_up_after="never",
    )

    response = client.post(
        reverse("admin:campaigns_campaignstage_add") + f"?campaign={campaign.pk}", form
    )

    assert response.status_code == 302, errors(response)
    made = CampaignStage.objects.get(name="filter")
    assert (made.creator, made.creator_role, made.give_up_after) == (me, "production", None)
    assert made.param_overrides == [["--memory=", "2000MB"]]
    assert edges() == [
        ("gen", "reco", "feeds", "%gen.root", 1),
        ("gen", "filter", "feeds", "%raw.root", 2),
        ("filter", "reco", "feeds", "%", 1),
    ]


def test_the_form_is_filled_in_with_the_campaign_of_the_link(client, campaign, gen, me):
    builders.campaign("another", me)

    page = client.get(reverse("admin:campaigns_campaignstage_add") + f"?campaign={campaign.pk}")

    assert f'<option value="{campaign.pk}" selected>mc</option>' in page.text
    assert f'<option value="{gen.pk}">gen</option>' in page.text


def test_the_form_of_a_new_stage_is_saved_as_it_is_offered(client, campaign, gen):
    add = reverse("admin:campaigns_campaignstage_add") + f"?campaign={campaign.pk}"
    offered = as_offered(client.get(add))
    assert (offered["settle_time"], offered["give_up_after"]) == ("30m", "2d")
    chosen = {"name": "new", "job_type": gen.job_type_id, "login_setup": gen.login_setup_id}

    response = client.post(add, offered | chosen)

    assert response.status_code == 302, errors(response)
    made = CampaignStage.objects.get(name="new")
    assert (made.settle_time, made.give_up_after) == (timedelta(minutes=30), timedelta(days=2))


def as_offered(page):
    """Return what a browser would send of a page's form that nobody has changed."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return {
        field.html_name: field.value()
        for form in forms
        for field in form
        if field.value() is not None and field.value() is not False
    }


def test_a_circle_of_feeding_stages_is_refused_and_nothing_is_saved(client, gen, reco):
    back = {"upstream": reco.pk, "kind": "feeds"}
    before = edges()

    response = client.post(
        page_of(gen), filled_in(gen, incoming=[back], name="renamed", stage_type="regular")
    )

    assert "renamed → reco → renamed feed each other in a circle" in errors(response)
    assert edges() == before
    assert not CampaignStage.objects.filter(name="renamed").exists()
    assert not CampaignStage.history.filter(name="renamed").exists()


def test_both_sides_are_looked_at_together(client, campaign, gen, reco):
    form = filled_in(
        reco,
        incoming=[row(reco.incoming.get())],
        outgoing=[{"downstream": gen.pk, "kind": "feeds"}],
    )

    assert "in a circle" in errors(client.post(page_of(reco), form))
    assert len(edges()) == 1


def test_a_problem_that_was_there_before_keeps_nobody_from_mending_another(client, campaign, gen):
    builders.stage("merge", campaign, join=True)  # a join of nothing

    response = client.post(page_of(gen), filled_in(gen, dataset="raw", stage_type="regular"))

    assert response.status_code == 302, errors(response)
    gen.refresh_from_db()
    assert gen.dataset == "raw"


def test_the_other_end_is_a_stage_of_the_same_campaign(client, gen, me):
    elsewhere = builders.stage("far", builders.campaign("another", me))
    form = filled_in(gen, outgoing=[{"downstream": elsewhere.pk, "kind": "feeds"}])

    response = client.post(page_of(gen), form)

    assert "valid choice" in errors(response)
    assert edges() == []


def test_a_stage_may_loop_over_its_slices(client, gen):
    loop = {"upstream": gen.pk, "kind": "next_slice"}
    form = filled_in(
        gen, incoming=[loop], split_type="nfiles(10)", dataset="raw", stage_type="regular"
    )

    response = client.post(page_of(gen), form)

    assert response.status_code == 302, errors(response)
    assert edges() == [("gen", "gen", "next_slice", "%", None)]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"split_type": "nfiles(ten)"}, "ten"),
        ({"param_overrides": "-N 10"}, "line 1"),
        ({"completion_pct": "0"}, "0.01"),
        ({"give_up_after": "soon"}, "length of time"),
        ({"dataset": "%(nonsense)s", "stage_type": "regular"}, "nonsense"),
        ({"name": "a,b"}, "comma"),
    ],
)
def test_what_is_wrong_is_said_at_the_page(client, gen, changes, complaint):
    assert complaint in errors(client.post(page_of(gen), filled_in(gen, **changes)))


def test_two_stages_of_a_campaign_have_two_names(client, gen, reco):
    form = filled_in(reco, incoming=[row(reco.incoming.get())], name="gen")

    assert "already exists" in errors(client.post(page_of(reco), form))


def test_one_next_slice_edge_between_two_stages_is_enough(client, gen):
    loop = {"upstream": gen.pk, "kind": "next_slice"}
    form = filled_in(
        gen, incoming=[loop, loop], split_type="nfiles(10)", dataset="raw", stage_type="regular"
    )

    assert "is enough" in errors(client.post(page_of(gen), form))


def test_an_analyst_runs_nothing_on_the_account_of_the_team(client, gen):
    analyst = person("analyst", "analysis")
    mine = builders.campaign("mine", analyst, creator_role="analysis")
    stage = builders.stage("own", mine)
    client.force_login(analyst)

    response = client.post(page_of(stage), filled_in(stage, login_setup=gen.login_setup_id))

    assert "launches as the production team" in errors(response)


def test_a_stage_is_added_only_to_a_campaign_that_one_may_edit(client, gen, campaign):
    client.force_login(person("analyst", "analysis"))
    new = CampaignStage(
        campaign=campaign, name="sneaked", job_type=gen.job_type, login_setup=gen.login_setup
    )

    response = client.post(
        reverse("admin:campaigns_campaignstage_add"), filled_in(new, stage_type="regular")
    )

    assert "you may not change mc" in errors(response)


def test_a_campaign_shows_its_stages_in_the_order_of_the_graph(client, campaign, gen, reco):
    builders.feeds(reco, builders.stage("anatree", campaign))

    page = client.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))

    shown = re.findall(r'campaignstage/\d+/change/">(\w+)</a>', page.text)
    assert shown == ["gen", "reco", "anatree"]
    assert f"campaignstage/add/?campaign={campaign.pk}" in page.text


def test_no_page_has_a_script_or_a_style_of_its_own(client, campaign, gen, reco):
    pages = [
        page_of(gen),
        reverse("admin:campaigns_campaign_change", args=[campaign.pk]),
        reverse("admin:index"),
        reverse("admin:campaigns_campaignstage_changelist"),
    ]

    for page in pages:
        response = client.get(page)
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style| on\w+=", response.text)

"""Settings of Data Dispatcher projects: how they are said, kept, inherited and checked."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from campaigns.admin.dispatcher_form import PREFIX
from campaigns.dispatcher import SETTINGS, in_words, read_settings, resolve, validate_settings
from campaigns.documents.defaults import read_defaults
from campaigns.exchange import export_campaign
from campaigns.models import CampaignStage
from campaigns.tests import builders
from campaigns.tests.documents import document
from campaigns.tests.test_admin_stages import as_offered, errors, page_of
from campaigns.tests.test_campaign_files import good, in_stage, small, wrong
from campaigns.validation import problems_of

BUILT_IN = {
    "project_id": None,
    "methodology": "standard",
    "load_limit": None,
    "virtual": False,
    "idle_timeout": 259_200,
    "worker_timeout": None,
}


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("project_id", 17, 17),
        ("project_id", "17", 17),
        ("methodology", "1P", "1P"),
        ("load_limit", " 5 ", 5),
        ("virtual", "True", True),
        ("virtual", 1, True),
        ("virtual", False, False),
        ("idle_timeout", 3600, 3600),
        ("idle_timeout", "never", "never"),
        ("worker_timeout", "60", 60),
    ],
)
def test_a_setting_is_kept_as_what_it_is(name, said, kept):
    assert read_settings({name: said}) == ({name: kept}, [])


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("nothing", [None, "", "None", 0, "0"])
def test_what_says_nothing_isnt_kept(name, nothing):
    assert read_settings({name: nothing}) == ({}, [])


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"project_id": "x"}, "project_id: 'x' is no whole number"),
        ({"project_id": True}, "project_id: True is no whole number"),
        ({"project_id": [1]}, "is no whole number"),
        ({"load_limit": -1}, "load_limit: -1 is no whole number"),
        ({"load_limit": 2**40}, "is no whole number"),
        ({"load_limit": 3_000_000_000}, "too large: use 2147483647 or less"),
        ({"methodology": "2P"}, "'2P' is none of standard, 1P"),
        ({"methodology": []}, "[] is none of standard, 1P"),
        ({"virtual": "maybe"}, "virtual: 'maybe' is neither true nor false"),
        ({"idle_timeout": "3d"}, "write seconds, or 'never'"),
        ({"worker_timeout": 1.5}, "1.5 is no whole number"),
        ({"timeout": 5}, "no setting 'timeout'"),
        ([], "a JSON object"),
    ],
)
def test_what_cant_be_read_is_refused_in_words(said, complaint):
    with pytest.raises(ValidationError) as refusal:
        validate_settings(said)

    assert complaint in " ".join(refusal.value.messages)


def test_without_a_word_the_built_in_ones_hold():
    assert resolve({}, {}) == BUILT_IN


def test_a_stage_goes_before_its_campaigns_defaults():
    defaults = {"idle_timeout": 3600, "virtual": True, "load_limit": 10}

    resolved = resolve({"idle_timeout": 60, "virtual": False}, defaults)

    assert resolved == {**BUILT_IN, "idle_timeout": 60, "virtual": False, "load_limit": 10}


def test_never_is_no_time_out_at_all():
    assert resolve({"idle_timeout": "never"}, {"idle_timeout": 60})["idle_timeout"] is None


def test_no_zero_is_ever_a_time_out():
    assert resolve({"worker_timeout": 0, "idle_timeout": "0"}, {"worker_timeout": 0}) == BUILT_IN


def test_settings_are_told_in_words():
    said = {"load_limit": 1, "virtual": True, "idle_timeout": "never", "worker_timeout": 5400}

    assert in_words(resolve(said, {})) == [
        ("project id", "none"),
        ("methodology", "standard"),
        ("load limit", "1"),
        ("virtual", "yes"),
        ("idle timeout", "never"),
        ("worker timeout", "1h 30m"),
    ]


# In campaign files


def test_old_names_are_todays():
    said = {
        "idle_timeout": 3600,
        "worker_timeout": 0,
        "project_id": "",
        "dataset_query": "files from dune:all",
        "virtual": "None",
        "stage_methodology": "1P",
        "recovery_mode": "aggressive",
        "load_limit": None,
    }
    text = in_stage(f"data_dispatcher_settings = {json.dumps(said)}")

    gen = good(on_dispatcher(text)).stages["gen"]

    assert gen["data_dispatcher"] == {"methodology": "1P", "idle_timeout": 3600}
    assert gen["dataset"] == "files from dune:all"


def on_dispatcher(text):
    return text.replace("name = small", "name = small\ndata_handling_service = data_dispatcher")


def test_plain_keys_of_old_files_say_the_query_and_the_project():
    query = "data_dispatcher_dataset_query = files from dune:all where core.run_number = 3"
    assert (
        good(on_dispatcher(in_stage("dataset = None", query))).stages["gen"]["dataset"]
        == "files from dune:all where core.run_number = 3"
    )
    tied = good(on_dispatcher(in_stage("data_dispatcher_project_id = 17"))).stages["gen"]
    assert tied["data_dispatcher"] == {"project_id": 17}


def test_a_query_left_over_in_a_sam_campaign_is_no_dataset():
    said = ["dataset = raw", "data_dispatcher_dataset_query = files from dune:all"]

    assert good(in_stage(*said)).stages["gen"]["dataset"] == "raw"


def test_defaults_of_old_files_are_the_campaigns():
    text = small() + "\n[data_dispatcher_defaults]\nstage_methodology = 1P\nquery =\nvirtual = 1\n"

    made = good(on_dispatcher(text))

    assert made.defaults["data_dispatcher"] == {"methodology": "1P", "virtual": True}
    assert made.stages["reco"]["data_dispatcher"] == {"methodology": "1P", "virtual": True}


def test_a_wrong_default_of_the_campaign_is_told():
    fields, problems = read_defaults({"data_dispatcher": {"load_limit": "many", "virtual": True}})

    assert fields == {}
    assert problems == [
        "the campaign's defaults: data_dispatcher: load_limit: 'many' is no whole number"
    ]


def test_a_wrong_setting_is_told_with_its_line():
    (complaint,) = wrong(in_stage('data_dispatcher_settings = {"load_limit": "many"}'))

    assert "[campaign_stage gen] data_dispatcher_settings: load_limit: 'many'" in complaint


# Which files are meant


def problems(stage, feeds=(), **campaign):
    made = document(*feeds, sim={"dataset": "dune:all", **stage})
    made.campaign |= {"data_handler": "data_dispatcher", **campaign}
    return [problem.message for problem in problems_of(made)]


@pytest.mark.parametrize(
    ("stage", "complaint"),
    [
        ({}, None),
        ({"dataset": "files from dune:all"}, None),
        ({"dataset": "", "data_dispatcher": {"project_id": 5}}, None),
        ({"dataset": "from_parent", "data_dispatcher": {"project_id": 5}}, None),
        ({"dataset": "", "stage_type": "generator"}, None),
        ({"dataset": "", "stage_type": "approval"}, None),
        ({"dataset": ""}, "say which files"),
        ({"data_dispatcher": {"project_id": 5}}, "leave one of them out"),
        (
            {"dataset": "", "stage_type": "generator", "data_dispatcher": {"project_id": 5}},
            "a stage of type generator has no files",
        ),
    ],
)
def test_a_stage_has_a_query_or_a_project(stage, complaint):
    found = problems(stage)

    assert found == [] if complaint is None else complaint in " ".join(found)


def test_a_split_needs_a_dataset_of_its_own():
    tied = {"dataset": "None", "split_type": "nfiles(3)", "data_dispatcher": {"project_id": 5}}

    assert "a split needs a dataset" in " ".join(problems(tied))


def test_what_is_fed_needs_no_query_and_cant_be_tied():
    gen = ["gen > sim"]
    fed = {"dataset": "", "data_dispatcher": {"project_id": 5}}

    assert not any("sim" in problem for problem in problems({"dataset": ""}, gen))
    assert "it is fed" in " ".join(problems(fed, gen))


def test_other_services_need_no_query():
    assert problems({"dataset": ""}, data_handler="sam") == []


# In the admin


@pytest.fixture
def stage(me):
    campaign = builders.campaign("mc", me, data_handler="data_dispatcher")
    settings = {"load_limit": 10, "virtual": True, "idle_timeout": "never", "worker_timeout": 5400}
    return builders.stage("reco", campaign, dataset="dune:all", data_dispatcher=settings)


def test_the_page_of_a_stage_shows_its_settings(client, stage):
    offered = as_offered(client.get(page_of(stage)))

    shown = {n.removeprefix(PREFIX): v for n, v in offered.items() if n.startswith(PREFIX)}
    assert shown == {
        "load_limit": 10,
        "virtual": "true",
        "idle_timeout": "never",
        "worker_timeout": "1h 30m",
    }


def test_a_page_saved_unchanged_changes_no_setting(client, stage):
    response = client.post(page_of(stage), as_offered(client.get(page_of(stage))))

    assert response.status_code == 302, errors(response)
    assert CampaignStage.objects.get().data_dispatcher == stage.data_dispatcher


def test_settings_are_changed_and_left_to_the_campaign(client, stage):
    offered = as_offered(client.get(page_of(stage)))
    changes = {"load_limit": "", "methodology": "1P", "virtual": "false", "idle_timeout": "2d"}

    client.post(page_of(stage), offered | {PREFIX + name: v for name, v in changes.items()})

    assert CampaignStage.objects.get().data_dispatcher == {
        "methodology": "1P",
        "virtual": False,
        "idle_timeout": 172_800,
        "worker_timeout": 5400,
    }


@pytest.mark.parametrize(
    ("name", "value"), [("project_id", "0"), ("idle_timeout", "soon"), ("methodology", "2P")]
)
def test_a_wrong_setting_is_refused_at_its_field(client, stage, name, value):
    offered = as_offered(client.get(page_of(stage)))

    page = client.post(page_of(stage), offered | {PREFIX + name: value})

    assert page.status_code == 200
    assert PREFIX + name in page.context["adminform"].form.errors


def test_a_stage_tied_to_a_project_beside_its_dataset_is_refused(client, stage):
    offered = as_offered(client.get(page_of(stage)))

    page = client.post(page_of(stage), offered | {PREFIX + "project_id": "5"})

    assert "leave one of them out" in errors(page)


def test_settings_are_written_into_the_campaign_file(stage):
    text = export_campaign(stage.campaign)

    assert good(text).stages["reco"]["data_dispatcher"] == stage.data_dispatcher


def test_the_page_of_a_stage_tells_its_settings(client, stage):
    page = client.get(reverse("campaigns:stage", args=[stage.pk])).text

    assert "<dt>Data Dispatcher</dt>" in page
    assert 'worker timeout: <span class="name">1h 30m</span>' in page


def test_the_api_tells_what_a_stage_says(client, stage):
    said = client.get(f"/api/v1/stages/{stage.pk}/").json()

    assert said["data_dispatcher"] == stage.data_dispatcher


def test_the_add_page_offers_the_settings(client, stage):
    add = reverse("admin:campaigns_campaignstage_add") + f"?campaign={stage.campaign_id}"

    assert PREFIX + "methodology" in client.get(add).text

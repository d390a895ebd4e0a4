"""What scripts read of campaigns, stages and submissions, by the old names."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from campaigns.models import Campaign
from campaigns.tests import builders
from submissions.models import Feed, FileStatistics, Submission
from submissions.models.submissions import Cause
from submissions.registering import register

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


# names and numbers


@pytest.mark.parametrize("acting", ["", "/nova/production"])
def test_names_have_numbers(site, acting):
    def ask(endpoint, **said):
        return site.script.get(f"/poms/{endpoint}{acting}", {"fmt": "json", **said}).json()

    stage = {"campaign_name": "mc", "campaign_stage_name": "reco"}
    assert ask("get_campaign_id", campaign_name="mc") == site.campaign.pk
    assert ask("get_campaign_stage_id", **stage) == site.stage.pk
    assert ask("get_campaign_stage_name", campaign_stage_id=site.stage.pk) == "reco"
    assert ask("get_jobtype_id", name="mc reco") == site.stage.job_type_id
    assert ask("get_loginsetup_id", name="mc reco") == site.stage.login_setup_id


def test_a_campaigns_name_is_plain_text(site):
    answer = site.script.get("/poms/get_campaign_name", {"campaign_id": site.campaign.pk})

    assert answer.text == "mc"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("get_campaign_id", {"campaign_name": "nothing"}),
        ("get_campaign_stage_id", {"campaign_name": "mc", "campaign_stage_name": "nothing"}),
        ("get_jobtype_id", {"name": "nothing"}),
    ],
)
def test_what_there_is_not_has_no_number(site, name, said):
    answer = site.script.get(f"/poms/{name}", said)

    assert (answer.status_code, answer.text) == (200, "null")


def test_a_name_in_two_experiments_asks_which(site):
    builders.Membership.objects.create(
        experimenter=site.prod, experiment=builders.experiment("dune"), role="production"
    )
    theirs = builders.campaign("mc", site.prod, of="dune")
    said = {"campaign_name": "mc"}

    assert site.script.get("/poms/get_campaign_id", said).status_code == 400
    assert site.script.get("/poms/get_campaign_id/dune/production", said).json() == theirs.pk


def test_an_agent_lists_every_stage_and_a_member_theirs(site):
    dora = builders.person("dora", "production", of="dune")
    theirs = builders.stage("keepup", builders.campaign("c", dora, of="dune"))
    ours = {"campaign_stage_id": site.stage.pk, "name": "reco", "experiment": "nova"}

    assert site.script.get("/poms/campaign_list_json").json() == [ours]
    assert site.agent.get("/poms/campaign_list_json").json() == [
        ours,
        {"campaign_stage_id": theirs.pk, "name": "keepup", "experiment": "dune"},
    ]


# campaigns and stages


def test_campaigns_are_listed_with_what_was_last_done(site):
    builders.campaign("old", site.prod, active=False)
    made = site.submission()
    Submission.objects.filter(pk=made.pk).update(created=NOON)

    answer = site.script.get("/poms/show_campaigns", {"fmt": "json"}).json()

    assert answer.keys() == {"tl", "last_activity", "msg", "data"}
    [campaign] = answer["tl"]
    assert (campaign["campaign_id"], campaign["name"]) == (site.campaign.pk, "mc")
    assert (campaign["experiment"], campaign["creator"]) == ("nova", "prod")
    assert (answer["last_activity"], answer["msg"]) == ("2025-03-01 12:00:00", "")
    assert answer["data"] == {"authorized": [True]}


def test_inactive_campaigns_are_listed_where_asked_for(site):
    builders.campaign("old", site.prod, active=False)

    answer = site.script.get("/poms/show_campaigns", {"view_inactive": "on"}).json()

    assert [campaign["name"] for campaign in answer["tl"]] == ["mc", "old"]


@pytest.mark.parametrize("by", ["del_campaign_name", "del_campaign_id"])
def test_a_campaign_that_was_never_launched_is_deleted(site, by):
    said = {"action": "delete", by: {"del_campaign_name": "mc"}.get(by, site.campaign.pk)}

    answer = site.script.get("/poms/show_campaigns", {**said, "pcl_call": 1, "fmt": "json"})

    assert answer.json()["msg"] == "The campaign named mc has been deleted."
    assert not Campaign.objects.exists()


def test_a_campaign_that_was_launched_stays(site):
    site.submission()

    answer = site.script.post(
        "/poms/show_campaigns", {"action": "delete", "del_campaign_name": "mc"}
    )

    assert answer.json()["msg"] == "This campaign has been submitted.  It cannot be deleted."
    assert Campaign.objects.exists()


def test_a_link_in_a_browser_or_another_person_deletes_nothing(site):
    said = {"action": "delete", "del_campaign_id": site.campaign.pk}

    assert site.browser.get("/poms/show_campaigns", said).status_code == 405
    ana = site.scripts_of(builders.person("ana", "analysis"))
    assert ana.get("/poms/show_campaigns", said).status_code == 403

    assert Campaign.objects.exists()


@pytest.mark.parametrize("by", [{}, {"campaign_name": "mc"}, {"campaign_ids": "{campaign}"}])
def test_stages_are_listed_by_their_campaigns(site, by):
    builders.stage("s", builders.campaign("other", site.prod))
    said = {key: value.format(campaign=site.campaign.pk) for key, value in by.items()}

    stages = site.script.get("/poms/show_campaign_stages", said).json()["campaign_stages"]

    assert [stage["name"] for stage in stages] == (["reco"] if by else ["reco", "s"])
    assert stages[0]["campaign_stage_id"] == site.stage.pk
    assert (stages[0]["dataset"], stages[0]["completion_pct"]) == ("raw", 95.0)


def test_a_browser_is_led_on_to_our_pages(site):
    made = site.submission()

    for url, page in (
        ("show_campaigns", "/campaigns/"),
        (f"submission_details?submission_id={made.pk}", f"/submissions/{made.pk}/"),
        (
            f"campaign_stage_submissions?campaign_stage_id={site.stage.pk}",
            f"/stages/{site.stage.pk}/submissions/",
        ),
        (
            f"campaign_stage_submissions?campaign_id={site.campaign.pk}",
            f"/campaigns/{site.campaign.pk}/",
        ),
    ):
        answer = site.browser.get(f"/poms/{url}")
        assert (answer.status_code, answer["Location"]) == (303, f"http://testserver{page}")
        assert site.browser.get(page).status_code == 200


# submissions


def recovery_of(original):
    return register(original.stage, original.run, Cause.RECOVERY, original=original)


@pytest.fixture
def three(site):
    """A submission, its recovery, and what it fed."""
    first = site.submission("Located", jobsub_job_id="7.0@j")
    FileStatistics.objects.filter(submission=first).update(figures={"available_output": 4})
    recovery = recovery_of(first)
    merge = builders.stage("merge", site.campaign)
    child = site.submission("Running", stage=merge)
    Feed.objects.create(parent=first, stage=merge, run=first.run, child=child)
    return first, recovery, child


def test_submissions_of_a_campaign_are_listed_as_a_tree(site, three):
    first, recovery, child = three
    last = site.submission("New", stage=child.stage)
    Feed.objects.create(parent=child, stage=child.stage, run=first.run, child=last)
    said = {"campaign_name": "mc", "stage_name": "*", "fmt": "json"}

    data = site.script.get("/poms/campaign_stage_submissions", said).json()["data"]

    rows = {row["submission_id"]: row for row in data["submissions"]}
    assert list(rows) == [last.pk, child.pk, recovery.pk, first.pk]
    assert rows[first.pk] == {
        "submission_id": first.pk,
        "jobsub_job_id": "7.0@j",
        "campaign_stage_id": site.stage.pk,
        "campaign_stage_name": "reco",
        "status": "Located",
        "created": first.created.strftime("%Y-%m-%d %H:%M:%S"),
        "creator": "prod",
        "available_output": 4,
        "output_dims": "",
        "handler": "Catalogue",
    }
    assert data["depends"] == {
        str(last.pk): child.pk,
        str(child.pk): first.pk,
        str(recovery.pk): first.pk,
        str(first.pk): None,
    }
    depth = {str(first.pk): 0, str(recovery.pk): 1, str(child.pk): 1, str(last.pk): 2}
    assert data["depth"] == depth
    arrows = {str(first.pk): "", str(recovery.pk): "↺", str(child.pk): "↳", str(last.pk): "↳"}
    assert data["darrow"] == arrows


@pytest.mark.parametrize(
    "said",
    [{"campaign_stage_id": "{stage}"}, {"campaign_name": "mc", "stage_name": "reco"}],
)
def test_those_of_one_stage_are_listed_by_its_number_or_name(site, three, said):
    first, recovery, _ = three
    said = {key: value.format(stage=site.stage.pk) for key, value in said.items()}

    data = site.script.get("/poms/campaign_stage_submissions", said).json()["data"]

    assert [row["submission_id"] for row in data["submissions"]] == [recovery.pk, first.pk]


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ({"tmin": "2025-03-01 11:59:59"}, True),
        ({"tmin": "2025-03-01 12:00:01"}, False),
        ({"tmax": "2025-03-01"}, False),
        ({"tmax": "2025-03-02", "tdays": "1"}, True),
        ({"tmax": "2025-03-02", "tdays": "0"}, False),
        ({"tdays": "7"}, False),
        ({}, True),
    ],
)
def test_a_time_may_be_asked_for(site, window, found):
    made = site.submission()
    Submission.objects.filter(pk=made.pk).update(created=NOON)
    said = {"campaign_stage_id": site.stage.pk, **window}

    data = site.script.get("/poms/campaign_stage_submissions", said).json()["data"]

    assert bool(data["submissions"]) == found


@pytest.mark.parametrize("window", [{"tmin": "yesterday"}, {"tdays": "-1"}, {"tmax": "2025-13-01"}])
def test_a_time_that_is_none_is_refused(site, window):
    said = {"campaign_stage_id": site.stage.pk, **window}

    assert site.script.get("/poms/campaign_stage_submissions", said).status_code == 400


def test_a_long_list_costs_as_many_queries_as_a_short_one(site, django_assert_max_num_queries):
    for _ in range(5):
        recovery_of(site.submission("Located"))
    script = site.script

    with django_assert_max_num_queries(9):
        script.get("/poms/campaign_stage_submissions", {"campaign_id": site.campaign.pk})


def test_submission_details_have_the_old_names(site, three):
    first, recovery, child = three

    answer = site.script.get("/poms/submission_details", {"submission_id": first.pk, "fmt": "json"})

    said = answer.json()
    assert said.keys() == {
        "submission",
        "history",
        "dataset",
        "recoverymap",
        "statusmap",
        "ds",
        "submission_log_format",
        "recovery_ids",
        "depend_ids",
        "statuses",
        "data_dispatcher_projects",
    }
    assert said["submission"]["submission_id"] == first.pk
    assert said["submission"]["jobsub_job_id"] == "7.0@j"
    assert (said["recovery_ids"], said["depend_ids"]) == ([recovery.pk], [child.pk])
    assert (said["history"][0]["status"], said["statusmap"]["7000"]) == ("New", "Completed")
    assert said["history"][0]["status_id"] == 1000


def test_the_history_of_statuses_is_in_their_order(site):
    running = site.submission("Idle")
    site.agent.post("/poms/update_submission", {"submission_id": running.pk, "status": "Running"})
    at = running.created.strftime("%Y-%m-%d %H:%M")

    history = site.script.get("/poms/session_status_history", {"submission_id": running.pk}).json()

    assert [row["status"] for row in history] == ["New", "Running"]
    assert history[0].keys() == {"created", "status"}
    assert history[0]["created"].startswith(at)


def test_what_another_experiment_has_is_not_there(site):
    dora = site.scripts_of(builders.person("dora", "production", of="dune"))
    made = site.submission()

    for url in (
        f"submission_details?submission_id={made.pk}",
        f"session_status_history?submission_id={made.pk}",
        f"campaign_stage_submissions?campaign_id={site.campaign.pk}",
        f"get_campaign_name?campaign_id={site.campaign.pk}",
        f"get_campaign_stage_name?campaign_stage_id={site.stage.pk}",
        "campaign_deps_ini?name=mc",
    ):
        assert dora.get(f"/poms/{url}").status_code == 404
    assert dora.get("/poms/show_campaigns").json()["tl"] == []


# people who open it


BROWSERS = ["text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]


@pytest.mark.parametrize("accept", BROWSERS)
def test_an_old_bookmark_leads_to_the_page_by_way_of_signing_in(site, client, accept):
    asked = "/poms/show_campaigns/nova/production?view_inactive=1"

    signed_out = client.get(asked, headers={"Accept": accept})
    assert signed_out.status_code == 302
    address = parse_qs(urlsplit(signed_out["Location"]).query)["next"][0]
    assert (signed_out["Location"].partition("?")[0], address) == ("/login/", asked)

    client.force_login(site.prod)
    signed_in = client.get(address, headers={"Accept": accept})
    assert (signed_in.status_code, signed_in["Location"]) == (303, "http://testserver/campaigns/")


@pytest.mark.parametrize(
    ("accept", "asked"),
    [
        ("*/*", "show_campaigns"),
        ("application/json", "show_campaigns"),
        ("text/html", "show_campaigns?fmt=json"),
        ("text/html", "launch_campaign?campaign_id=1"),
    ],
)
def test_a_program_without_a_token_is_told_so(site, client, accept, asked):
    answer = client.get(f"/poms/{asked}", headers={"Accept": accept})

    assert answer.status_code == 401
    assert answer.json()["detail"]

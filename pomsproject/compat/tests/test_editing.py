"""Editing as scripts of the old system do it, by the arguments of its forms."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.exchange import export_campaign
from campaigns.models import Campaign, CampaignStage, JobType, LoginSetup, RecoveryStep, Tag
from campaigns.tests import builders

pytestmark = pytest.mark.django_db


def call(site, endpoint, **said):
    return site.script.post(
        f"/poms/{endpoint}/nova/production", {"pcl_call": 1, "fmt": "json", **said}
    )


# campaign files


def upload(script, text, acting="/nova/production", **said):
    file = SimpleUploadedFile("mc.ini", text if isinstance(text, bytes) else text.encode())
    return script.post(f"/poms/ini_to_campaign{acting}", {"upload": file, **said})


def test_a_campaign_file_comes_out_as_it_is_exported(site):
    text = export_campaign(site.campaign)

    for said in ({"name": "mc", "full": 1}, {"stage_id": site.stage.pk}):
        answer = site.script.get("/poms/campaign_deps_ini", said)
        assert (answer.status_code, answer.text) == (200, text)
        assert answer["Content-Type"].startswith("text/plain")


def test_a_campaign_that_there_is_not_has_no_file(site):
    answer = site.script.get("/poms/campaign_deps_ini/nova/production", {"name": "nothing"})

    assert answer.status_code == 404
    assert answer.text == "Error: Campaign 'nothing' was not found for 'nova' experiment"


def test_a_campaign_file_makes_a_campaign(site):
    text = export_campaign(site.campaign).replace("name = mc\n", "name = mc2\n")

    answer = upload(site.script, text, pcl_call=1)

    made = Campaign.objects.get(name="mc2")
    [stage] = made.stages.all()
    assert answer.json() == {
        "status": "201 Created",
        "message": "OK",
        "campaign_id": made.pk,
        "campaign_stage_ids": [[stage.pk, "reco"]],
    }
    assert made.creator == site.prod


def test_a_campaign_that_is_there_is_replaced_where_that_is_asked_for(site):
    text = export_campaign(site.campaign).replace("= raw", "= raw2")

    refused = upload(site.script, text)
    replaced = upload(site.script, text, replace="1")

    assert refused.status_code == 400
    assert refused.json()["status"] == "400 Bad Request"
    assert "has a campaign mc: replace it" in refused.json()["message"][0]
    assert replaced.json()["campaign_id"] == site.campaign.pk
    site.stage.refresh_from_db()
    assert site.stage.dataset == "raw2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[campaign_stage s]\n", "No Campaign section in the file"),
        ("[campaign]\nname=x\n", "No Campaign Stage sections in the file"),
        (b"\xff\xfe", "Bad file format"),
        ("[campaign]\nname=\0\n", "Bad file format"),
    ],
)
def test_a_file_that_is_none_says_what_is_wrong(site, text, said):
    answer = upload(site.script, text)

    assert answer.status_code == 400
    assert said in json.dumps(answer.json())


def test_without_a_file_there_is_nothing_to_make(site):
    answer = call(site, "ini_to_campaign")

    assert answer.status_code == 400
    assert "Pick the file first!" in answer.json()["detail"]


def test_an_analyst_makes_campaigns_of_their_own_only(site):
    ana = builders.person("ana", "analysis")
    stage = builders.stage("s", builders.campaign("own", ana, creator_role="analysis"))
    text = export_campaign(stage.campaign).replace("name = own\n", "name = own2\n")

    upload(site.scripts_of(ana), text, "/nova/analysis")

    made = Campaign.objects.get(name="own2")
    assert (made.creator, made.creator_role) == (ana, "analysis")


# login setups and job types


def test_a_login_setup_is_added_found_edited_and_deleted(site):
    said = {
        "ae_launch_name": "gpvm",
        "ae_launch_host": "novagpvm01.fnal.gov",
        "ae_launch_account": "novapro",
        "ae_launch_setup": "source setup.sh",
    }

    added = call(site, "login_setup_edit", action="add", **said)

    row = LoginSetup.objects.get(name="gpvm")
    assert added.json()["login_setup_id"] == row.pk
    assert (row.launch_host, row.launch_account) == ("novagpvm01.fnal.gov", "novapro")
    assert (row.creator, row.creator_role, row.experiment.name) == (site.prod, "production", "nova")

    call(site, "launch_template_edit", action="edit", ae_launch_name="gpvm", ae_launch_account="x")
    found = call(site, "login_setup_edit", action="find", ae_launch_name="gpvm").json()
    assert (found["ae_launch_account"], found["ae_launch_host"]) == ("x", "novagpvm01.fnal.gov")

    gone = call(site, "login_setup_rm", ae_launch_name="gpvm").json()
    assert gone["message"] == "The login setup 'gpvm' has been deleted."
    assert not LoginSetup.objects.filter(name="gpvm").exists()


def test_a_login_setup_in_use_or_of_that_name_stays_as_it_is(site):
    again = call(site, "login_setup_edit", action="add", ae_launch_name="mc reco")
    kept = call(site, "login_setup_edit", action="delete", ae_launch_name="mc reco")

    assert again.status_code == 400
    assert again.json()["detail"] == "A login setup named mc reco already exists."
    assert kept.json()["message"] == (
        "The login setup 'mc reco' has been used and may not be deleted."
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"ae_launch_host": "-oProxyCommand=x"}, "a host name"),
        ({"ae_launch_account": "a b"}, "the name of an account"),
    ],
)
def test_what_ssh_would_take_for_an_option_is_refused(site, said, why):
    answer = call(site, "login_setup_edit", action="edit", ae_launch_name="mc reco", **said)

    assert answer.status_code == 400
    assert why in answer.json()["detail"]


def test_an_analysts_login_setup_is_where_analysis_runs(site, settings):
    settings.ANALYSIS_LAUNCH_HOST = "poms01"
    ana = site.scripts_of(builders.person("ana", "analysis"))
    said = {"action": "add", "ae_launch_name": "mine", "ae_launch_host": "elsewhere"}

    ana.post("/poms/login_setup_edit/nova/analysis", said)

    row = LoginSetup.objects.get(name="mine")
    assert (row.launch_host, row.creator_role) == ("poms01", "analysis")


def test_a_job_type_is_added_with_its_recoveries_edited_and_deleted(site):
    added = call(
        site,
        "job_type_edit",
        action="add",
        ae_definition_name="gen",
        ae_launch_script="fife_launch -c gen.cfg",
        ae_definition_parameters='[["-N ", "5"]]',
        ae_output_file_patterns="%.root",
        ae_definition_recovery='[["consumed_status", [["--memory=", "4000MB"]]]]',
    )

    row = JobType.objects.get(name="gen")
    assert added.json()["job_type_id"] == row.pk
    assert (row.launch_script, row.parameters) == ("fife_launch -c gen.cfg", [["-N ", "5"]])
    [step] = row.recoveries.all()
    assert (step.recovery_type, step.param_overrides) == (
        "consumed_status",
        [["--memory=", "4000MB"]],
    )

    call(site, "job_type_edit", action="edit", ae_definition_name="gen", ae_launch_script="x")
    row.refresh_from_db()
    assert (row.launch_script, row.output_file_patterns) == ("x", "%.root")
    assert row.recoveries.count() == 1

    gone = call(site, "job_type_rm", ae_definition_name="gen").json()
    assert gone["message"] == "The job type 'gen' has been deleted."


def test_a_job_type_in_use_stays(site):
    kept = call(site, "job_type_rm", ae_definition_name="mc reco").json()

    assert kept["message"] == "The job type, mc reco, has been used and may not be deleted."
    assert JobType.objects.filter(name="mc reco").exists()


def test_recoveries_are_merged_into_those_that_are_there(site):
    job_type = site.stage.job_type
    RecoveryStep.objects.create(
        job_type=job_type,
        order=0,
        recovery_type="consumed_status",
        param_overrides=[["--memory=", "2000MB"], ["--cpu=", "1"]],
    )
    said = [["consumed_status", [["--memory=", "4000MB"]]], ["pending_files", []]]

    answer = call(
        site,
        "modify_job_type_recoveries",
        job_type_id=job_type.pk,
        recoveries=json.dumps(said),
    )

    assert answer.status_code == 200
    steps = job_type.recoveries.order_by("order").values_list("recovery_type", "param_overrides")
    assert list(steps) == [
        ("consumed_status", [["--memory=", "4000MB"], ["--cpu=", "1"]]),
        ("pending_files", []),
    ]


@pytest.mark.parametrize("sent", ['[["magic", []]]', '["consumed_status"]', "3", '[["a", 5]]'])
def test_recoveries_that_there_are_not_change_nothing(site, sent):
    job_type = site.stage.job_type
    RecoveryStep.objects.create(job_type=job_type, order=0, recovery_type="pending_files")

    answer = call(site, "modify_job_type_recoveries", job_type_id=job_type.pk, recoveries=sent)

    assert answer.status_code == 400
    assert job_type.recoveries.get().recovery_type == "pending_files"


# stages


@pytest.mark.parametrize("named", ["{key}", '["mc", "reco"]', "['mc', 'reco']"])
def test_a_stage_gets_the_values_that_are_sent(site, named):
    answer = call(
        site,
        "update_campaign_stage",
        campaign_stage=named.format(key=site.stage.pk),
        software_version="v2",
        completion_pct="80",
        cs_split_type="nfiles(3)",
    )

    assert answer.text == "Success"
    site.stage.refresh_from_db()
    assert (site.stage.software_version, site.stage.split_type) == ("v2", "nfiles(3)")
    assert (site.stage.completion_pct, site.stage.dataset) == (80, "raw")


@pytest.mark.parametrize(
    "said",
    [
        {"cs_split_type": "by_magic(3)"},
        {"completion_pct": "0"},
        {"completion_pct": "lots"},
        {"completion_type": "some day"},
        {"dataset": "raw_%(nobody)s"},
        {"param_overrides": "x"},
    ],
)
def test_values_that_make_no_sense_change_nothing(site, said):
    before = CampaignStage.objects.values().get()

    answer = call(site, "update_campaign_stage", campaign_stage=site.stage.pk, **said)

    assert answer.status_code == 400
    assert CampaignStage.objects.values().get() == before


def test_a_name_that_is_taken_says_so(site):
    builders.stage("merge", site.campaign)

    answer = call(site, "update_campaign_stage", campaign_stage=site.stage.pk, name="merge")

    assert answer.status_code == 400
    assert "already exists" in answer.json()["detail"]


def test_parameters_are_merged_and_an_empty_one_removed(site):
    there = [["-N ", "5"], ["--debug", "1"]]
    CampaignStage.objects.update(param_overrides=there, test_param_overrides=there)

    answer = call(
        site,
        "update_stage_param_overrides",
        campaign_stage=site.stage.pk,
        param_overrides="[['-N ', '7'], ['--debug', ''], ['--x=', 'y']]",
    )

    assert answer.text == "Success"
    site.stage.refresh_from_db()
    assert site.stage.param_overrides == [["-N ", "7"], ["--x=", "y"]]
    assert site.stage.test_param_overrides == there


def test_a_stage_is_added_to_a_campaign_edited_and_deleted(site):
    added = call(
        site,
        "campaign_stage_edit",
        action="add",
        ae_campaign_name="mc",
        ae_stage_name="merge",
        ae_campaign_definition="mc reco",
        ae_launch_name="mc reco",
        ae_vo_role="Production",
        ae_completion_type="complete",
        ae_depends='{"campaign_stages": ["reco"], "file_patterns": ["%.root"]}',
    )

    stage = CampaignStage.objects.get(name="merge")
    assert added.json() == {"message": "OK", "campaign_stage_id": stage.pk}
    assert (stage.completion_type, stage.job_type) == ("complete", site.stage.job_type)
    [edge] = stage.incoming.all()
    assert (edge.upstream, edge.kind, edge.file_pattern) == (site.stage, "feeds", "%.root")

    call(
        site,
        "campaign_stage_edit",
        action="edit",
        ae_campaign_id=site.campaign.pk,
        ae_stage_name="merge",
        ae_software_version="v3",
        ae_depends='{"campaign_stages": ["reco"], "file_patterns": ["%hist.root"]}',
    )
    stage.refresh_from_db()
    edge.refresh_from_db()
    assert (stage.software_version, edge.file_pattern) == ("v3", "%hist.root")

    gone = call(
        site,
        "campaign_stage_edit",
        action="delete",
        ae_campaign_name="mc",
        ae_stage_name="merge",
    )
    assert gone.json()["message"] == "The campaign stage merge, has been deleted."
    assert not CampaignStage.objects.filter(name="merge").exists()


def test_what_was_wrong_with_a_campaign_before_keeps_nobody_from_adding_to_it(site):
    CampaignStage.objects.update(dataset="raw_%(nobody)s")
    said = {"ae_campaign_definition": "mc reco", "ae_launch_name": "mc reco"}

    answer = call(
        site, "campaign_stage_edit", action="add", ae_campaign_name="mc", ae_stage_name="s", **said
    )

    assert answer.json()["message"] == "OK"


def test_a_stage_uses_no_login_setup_of_an_analyst(site):
    ana = builders.person("ana", "analysis")
    builders.login_setup("hers", ana, creator_role="analysis")

    answer = call(
        site,
        "campaign_stage_edit",
        action="edit",
        ae_campaign_name="mc",
        ae_stage_name="reco",
        ae_launch_name="hers",
    )

    assert answer.status_code == 400
    assert "hers is an analyst's" in answer.json()["detail"]


def test_a_stage_that_was_launched_is_not_deleted(site):
    site.submission()

    kept = call(
        site,
        "campaign_stage_edit",
        action="delete",
        ae_campaign_name="mc",
        ae_stage_name="reco",
    )

    assert kept.json()["message"] == (
        "The campaign stage reco, has been used and may not be deleted."
    )


def test_a_stage_that_follows_itself_takes_its_next_slice(site):
    CampaignStage.objects.update(split_type="nfiles(2)")

    call(
        site,
        "campaign_stage_edit",
        action="edit",
        ae_campaign_name="mc",
        ae_stage_name="reco",
        ae_depends='{"campaign_stages": ["reco"], "file_patterns": ["%"]}',
    )

    assert site.stage.incoming.get().kind == "next_slice"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"ae_depends": '{"campaign_stages": ["reco"], "file_patterns": ["%"]}'}, "split"),
        ({"ae_depends": '{"campaign_stages": ["x"], "file_patterns": ["%"]}'}, "there is no"),
        ({"ae_depends": '{"campaign_stages": ["reco"]}'}, "a file pattern for each"),
        ({"ae_depends": "[]"}, "ae_depends is such as"),
        ({"ae_cronjob": "0 3 * * *"}, "ae_cronjob is True or False"),
        ({"action": "rename"}, "action is add, edit or delete"),
    ],
)
def test_a_stage_that_makes_no_sense_is_not_changed(site, said, why):
    said = {"action": "edit", "ae_software_version": "v9", **said}

    answer = call(site, "campaign_stage_edit", ae_campaign_name="mc", ae_stage_name="reco", **said)

    assert answer.status_code in (400, 404)
    assert why in answer.json()["detail"]
    site.stage.refresh_from_db()
    assert site.stage.software_version == ""
    assert not site.stage.incoming.exists()


def test_settings_of_data_dispatcher_are_changed_one_by_one(site):
    campaign = builders.campaign("dd", site.prod, data_handler="data_dispatcher")
    stage = builders.stage("s", campaign, data_dispatcher={"load_limit": 5})

    answer = call(
        site,
        "campaign_stage_edit",
        action="edit",
        ae_campaign_name="dd",
        ae_stage_name="s",
        ae_dd_dataset_query="files from dune:raw",
        ae_dd_idle_timeout="3600",
        ae_dd_virtual="True",
    )

    assert answer.status_code == 200
    stage.refresh_from_db()
    assert stage.dataset == "files from dune:raw"
    assert stage.data_dispatcher == {"load_limit": 5, "virtual": True, "idle_timeout": 3600}


# tags


def test_campaigns_get_a_tag_that_is_made_if_it_is_new(site):
    other = builders.campaign("other", site.prod)
    said = {"campaign_id": f"{site.campaign.pk},{other.pk}", "tag_name": "mc25"}

    answer = call(site, "link_tags", **said).json()

    tag = Tag.objects.get()
    assert answer == {
        "campaign_id": [site.campaign.pk, other.pk],
        "tag_id": tag.pk,
        "tag_name": "mc25",
        "msg": "OK",
    }
    assert set(tag.campaigns.all()) == {site.campaign, other}
    assert call(site, "link_tags", **said).status_code == 200
    assert Tag.objects.count() == 1


def test_a_tag_too_long_is_refused(site):
    said = {"campaign_id": site.campaign.pk, "tag_name": "t" * 101}

    assert call(site, "link_tags", **said).status_code == 400
    assert not Tag.objects.exists()

"""What submission agents and the job wrapper of the old system call, and the replies they read."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from campaigns.tests import builders
from submissions.models import FileStatistics, Submission

pytestmark = pytest.mark.django_db


def status_of(submission):
    submission.refresh_from_db()
    return submission.status


# update_submission


def test_an_agent_posts_a_form_and_reads_ok(site):
    running = site.submission("Idle")
    said = {
        "submission_id": running.pk,
        "jobsub_job_id": "7.0@jobsub01",
        "project": "p1",
        "status": "Running",
        "pct_complete": "12.5",
    }

    answer = site.agent.post("/poms/update_submission", said)

    assert (answer.status_code, answer.text) == (200, "Ok.")
    assert answer["Content-Type"].startswith("text/plain")
    running.refresh_from_db()
    assert (running.status, running.jobsub_job_id, running.project) == (
        "Running",
        "7.0@jobsub01",
        "p1",
    )
    assert running.pct_complete == 12.5
    assert running.history.last().source == "lens"


def test_the_wrapper_reports_the_job_id_by_a_get(site):
    launched = site.submission("New")
    url = f"/poms/update_submission?submission_id={launched.pk}&jobsub_job_id=7@j&status=New"

    assert site.script.get(url).text == "Ok."

    launched.refresh_from_db()
    assert (launched.status, launched.jobsub_job_id) == ("New", "7@j")


def test_an_unregistered_submission_is_unknown(site):
    said = {"submission_id": 999_999, "status": "Running"}

    assert site.agent.post("/poms/update_submission", said).text == "Unknown."


@pytest.mark.parametrize("word", ["Unknown", "None", "", "Runnning"])
def test_a_status_that_says_nothing_moves_nothing(site, word):
    idle = site.submission("Idle")

    answer = site.agent.post(
        "/poms/update_submission", {"submission_id": idle.pk, "status": word, "project": "None"}
    )

    assert answer.text == "Ok."
    assert status_of(idle) == "Idle"
    assert idle.project == ""


def test_experiment_and_role_may_stand_in_the_path(site):
    idle = site.submission("Idle")
    said = {"submission_id": idle.pk, "status": "Running", "fmt": "json"}

    answer = site.script.post("/poms/update_submission/nova/production", said)

    assert answer.text == "Ok."
    assert status_of(idle) == "Running"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("nova/superuser", 403, "username prod cannot have role superuser in experiment nova"),
        ("dune/production", 403, "username prod is not in experiment dune"),
        ("nova/emperor", 400, "invalid role emperor"),
    ],
)
def test_nobody_acts_in_a_role_that_they_have_not(site, path, status, said):
    builders.experiment("dune")
    idle = site.submission("Idle")

    answer = site.script.post(
        f"/poms/update_submission/{path}", {"submission_id": idle.pk, "status": "Running"}
    )

    assert answer.status_code == status
    assert said in str(answer.json()["detail"])
    assert status_of(idle) == "Idle"


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "1.5"])
def test_a_submission_is_named_by_its_number(site, number):
    answer = site.agent.post("/poms/update_submission", {"submission_id": number})

    assert answer.status_code == 400
    assert "submission_id" in answer.json()["detail"]


def test_an_analyst_reports_their_own_submissions_and_no_others(site):
    ana = builders.person("ana", "analysis")
    stage = builders.stage("s", builders.campaign("own", ana, creator_role="analysis"))
    mine, theirs = site.submission(stage=stage), site.submission()
    script = site.scripts_of(ana)

    url = "/poms/update_submission"
    assert script.post(url, {"submission_id": mine.pk, "status": "Running"}).text == "Ok."
    refused = script.post(url, {"submission_id": theirs.pk, "status": "Running"})

    assert refused.status_code == 403
    assert (status_of(mine), status_of(theirs)) == ("Running", "Idle")


def test_an_analyst_or_a_job_takes_no_project_that_poms_makes(site):
    ana = builders.person("ana", "analysis")
    stage = builders.stage("s", builders.campaign("own", ana, creator_role="analysis"))
    mine = site.submission("New", stage=stage)
    said = {"submission_id": mine.pk, "project": "another's"}

    assert site.scripts_of(ana).post("/poms/update_submission", said).text == "Ok."
    assert site.jobs_of(mine).post("/poms/update_submission", said).text == "Ok."

    mine.refresh_from_db()
    assert mine.project == ""


def test_on_sam_whoever_launched_it_says_which_project_its_jobs_started(site):
    ana = builders.person("ana", "analysis")
    campaign = builders.campaign("own", ana, creator_role="analysis", data_handler="sam")
    mine = site.submission(stage=builders.stage("s", campaign))

    site.scripts_of(ana).post(
        "/poms/update_submission", {"submission_id": mine.pk, "project": "ana_1"}
    )

    mine.refresh_from_db()
    assert mine.project == "ana_1"


def test_a_job_reports_only_its_own_submission(site):
    mine, other = site.submission("New"), site.submission()
    job = site.jobs_of(mine)

    url = "/poms/update_submission"
    assert job.get(url, {"submission_id": mine.pk, "status": "Running"}).text == "Ok."
    assert job.get(url, {"submission_id": other.pk, "status": "Running"}).text == "Unknown."

    assert (status_of(mine), status_of(other)) == ("Running", "Idle")


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("Awaiting Approval", "Completed", "Completed"),
        ("Awaiting Approval", "Removed", "Removed"),
        ("Failed", "Completed", "Completed"),
        ("Completed", "Running", "Completed"),
        ("Removed", "Completed", "Removed"),
        ("Running", "Idle", "Idle"),
    ],
)
def test_a_persons_word_approves_kicks_or_reports(site, before, said, after):
    it = site.submission(before)

    answer = site.script.post("/poms/update_submission", {"submission_id": it.pk, "status": said})

    assert answer.text == "Ok."
    assert status_of(it) == after


def test_an_agents_word_doesnt_kick(site):
    failed = site.submission("Failed")

    site.agent.post("/poms/update_submission", {"submission_id": failed.pk, "status": "Completed"})

    assert status_of(failed) == "Failed"


def test_a_launch_script_that_wants_to_wait_is_told_how(site):
    new = site.submission("New")

    answer = site.script.get(
        "/poms/update_submission", {"submission_id": new.pk, "status": "Awaiting Approval"}
    )

    assert answer.status_code == 409
    assert "a stage of the type approval" in answer.json()["detail"]


# a browser changes nothing by a link


def test_a_browser_has_to_post(site):
    idle = site.submission("Idle")
    said = {"submission_id": idle.pk, "status": "Running"}

    refused = site.browser.get("/poms/update_submission", said)

    assert refused.status_code == 405
    assert "POST" in refused.json()["detail"]
    assert status_of(idle) == "Idle"
    assert site.browser.post("/poms/update_submission", said).text == "Ok."


def test_a_browser_has_to_send_its_csrf_token(site):
    idle = site.submission("Idle")
    client = Client(enforce_csrf_checks=True)
    client.force_login(site.prod)

    said = {"submission_id": idle.pk, "status": "Running"}

    assert client.post("/poms/update_submission", said).status_code == 403
    assert client.head("/poms/update_submission", said).status_code == 405
    assert status_of(idle) == "Idle"


# update_submissions


def test_many_are_updated_in_one_form_field(site):
    first, second = site.submission("Idle"), site.submission("Running")
    updates = {
        str(first.pk): {
            "submission_id": first.pk,
            "jobsub_job_id": "1@j",
            "pct_complete": 0,
            "project": None,
            "status": "Running",
            "dd_task_id": None,
            "dd_status": None,
            "dd_project_id": None,
        },
        str(second.pk): {"status": "Completed"},
        "999999": {"status": "Running"},
    }

    answer = site.agent.post(
        "/poms/update_submissions", {"submission_updates": json.dumps(updates)}
    )

    assert answer.json() == {
        "status": "Success",
        "response": {str(first.pk): True, str(second.pk): True, "999999": False},
    }
    assert (status_of(first), status_of(second)) == ("Running", "Completed")


def test_one_that_is_over_or_makes_no_sense_spoils_nothing_for_the_rest(site):
    over, odd, good = site.submission("Located"), site.submission(), site.submission()
    updates = {
        over.pk: {"status": "Running"},
        odd.pk: {"status": "Running", "pct_complete": "lots"},
        good.pk: {"status": "Running"},
        "x": {"status": "Running"},
    }

    answer = site.agent.post(
        "/poms/update_submissions", {"submission_updates": json.dumps(updates)}
    )

    assert answer.json()["response"] == {str(over.pk): True, str(good.pk): True}
    assert [status_of(one) for one in (over, odd, good)] == ["Located", "Idle", "Running"]


@pytest.mark.parametrize("sent", ["[1]", "{", "[" * 50_000, "3"])
def test_what_is_no_mapping_fails(site, sent):
    answer = site.agent.post("/poms/update_submissions", {"submission_updates": sent})

    assert answer.status_code == 200
    assert answer.json()["status"] == "Fail"


def test_five_thousand_cost_as_many_statements_as_two(site, django_assert_max_num_queries):
    updates = {number: {"status": "Running", "jobsub_job_id": "1@j"} for number in range(1, 5001)}
    agent, sent = site.agent, {"submission_updates": json.dumps(updates)}

    with django_assert_max_num_queries(20):
        answer = agent.post("/poms/update_submissions", sent)

    assert set(answer.json()["response"].values()) == {False}
    assert len(answer.json()["response"]) == 5000


# get_submission_id_for


@pytest.mark.parametrize("name", ["get_submission_id_for", "get_task_id_for"])
def test_a_launch_made_elsewhere_gets_a_number(site, name):
    said = {
        "campaign_stage_id": site.stage.pk,
        "command_executed": "jobsub_submit -N 2 file://reco.sh",
        "parent_submission_id": "",
    }

    answer = site.script.post(f"/poms/{name}", said)

    made = Submission.objects.get()
    assert answer.text == f"Task={made.pk}\n"
    assert (made.stage, made.cause, made.creator) == (site.stage, "external", site.prod)
    assert made.command_executed == said["command_executed"]
    assert (made.test, made.due_at) == (False, None)


@pytest.mark.parametrize("named", ["reco", "rec"])
def test_a_stage_may_be_named_by_a_part_of_its_name(site, named):
    builders.stage("merge", site.campaign)

    site.script.get("/poms/get_submission_id_for", {"campaign": named, "test": "1"})

    made = Submission.objects.get()
    assert (made.stage, made.test) == (site.stage, True)


def test_only_one_stage_may_be_meant(site):
    builders.stage("reco2", site.campaign)

    several = site.script.get("/poms/get_submission_id_for", {"campaign": "reco"})
    none = site.script.get("/poms/get_submission_id_for", {"campaign": "nothing"})

    assert several.status_code == 400
    assert f"{site.stage.pk} (mc: reco)" in several.json()["detail"]
    assert none.status_code == 404
    assert not Submission.objects.exists()


def test_the_experiment_acted_in_says_whose_stage_is_meant(site):
    prod = site.prod
    builders.Membership.objects.create(
        experimenter=prod, experiment=builders.experiment("dune"), role="production"
    )
    theirs = builders.stage("reco", builders.campaign("mc", prod, of="dune"))

    site.script.get("/poms/get_submission_id_for/dune/production", {"campaign": "reco"})

    assert Submission.objects.get().stage == theirs


def test_with_a_number_the_command_is_noted_and_no_other_submission_made(site):
    launched = site.submission("New")
    said = {"submission_id": launched.pk, "command_executed": "jobsub_submit x"}

    for name, key in (("get_submission_id_for", "submission_id"), ("get_task_id_for", "task_id")):
        answer = site.script.get(f"/poms/{name}", {**said, key: launched.pk})
        assert answer.text == f"Task={launched.pk}\n"

    assert Submission.objects.get().command_executed == "jobsub_submit x"


def test_a_job_asks_for_its_own_number_only(site):
    mine, other = site.submission("New"), site.submission()
    job = site.jobs_of(mine)

    url = "/poms/get_submission_id_for"
    assert job.get(url, {"submission_id": mine.pk}).text == f"Task={mine.pk}\n"
    assert job.get(url, {"submission_id": other.pk}).status_code == 403
    assert job.get(url, {"campaign_stage_id": site.stage.pk}).status_code in (403, 404)


# what an agent asks


def test_running_submissions_are_those_that_may_have_jobs(site):
    running = site.submission("Running", jobsub_job_id="7.0@j")
    early = site.submission("Completed", jobsub_job_id="8.0@j")
    launching = site.submission("New")
    site.submission("New", attempt=0)  # queued: nobody launched it
    over = datetime(2025, 3, 1, tzinfo=UTC)
    site.submission("Completed", jobsub_job_id="9.0@j", jobs_ended_at=over)
    site.submission("LaunchFailed")

    answer = site.agent.get("/poms/running_submissions?campaign_id_list=")

    assert answer.json() == [
        [running.pk, "7.0@j", "nova"],
        [early.pk, "8.0@j", "nova"],
        [launching.pk, "", "nova"],
    ]


def test_those_on_data_dispatcher_say_their_task_too(site):
    campaign = builders.campaign("dd", site.prod, data_handler="data_dispatcher")
    running = site.submission("Running", stage=builders.stage("s", campaign))

    answer = site.agent.get("/poms/running_submissions")

    assert answer.json() == [[running.pk, "", "nova", running.pk]]


def test_they_are_counted_for_the_campaigns_that_are_named(site):
    other = builders.campaign("other", site.prod)
    site.submission(), site.submission(), site.submission("Located")
    asked = {"campaign_id_list": f"{site.campaign.pk},{other.pk}"}

    answer = site.script.get("/poms/running_submissions", asked)

    assert answer.json() == {str(site.campaign.pk): 2, str(other.pk): 0}


def test_a_member_sees_what_runs_in_their_experiment(site):
    site.submission("Running")
    elsewhere = site.scripts_of(builders.person("dora", "production", of="dune"))

    assert elsewhere.get("/poms/running_submissions").json() == []
    assert len(site.browser.get("/poms/running_submissions").json()) == 1


def test_an_agent_is_told_all_active_experiments(site):
    builders.experiment("dune")
    builders.Experiment.objects.create(name="minos", active=False)

    assert site.agent.get("/poms/experiment_list").json() == ["dune", "nova"]
    assert site.script.get("/poms/experiment_list?fmt=json").json() == ["nova"]


@pytest.mark.parametrize("argument", ["dd_submission", "dd_submissions"])
def test_the_percentage_is_that_of_the_submissions_own_files(site, argument):
    half, unasked = site.submission("Running"), site.submission("Running")
    states = {"initial": 3, "reserved": 2, "done": 4, "failed": 1}
    FileStatistics.objects.filter(submission=half).update(states=states)
    asked = f"[{half.pk}, {unasked.pk}, 999999]"

    answer = site.agent.get("/poms/calculate_dd_project_completion", {argument: asked})

    assert answer.json() == {str(half.pk): 50.0, str(unasked.pk): None, "999999": None}


def test_a_list_of_numbers_is_no_program(site):
    asked = {"dd_submissions": "__import__('os').getpid()"}

    answer = site.agent.get("/poms/calculate_dd_project_completion", asked)

    assert answer.status_code == 400


# what isn't there


@pytest.mark.parametrize(
    ("name", "instead"),
    [("raw_tables", "/admin/"), ("no_such_thing/nova/production", "docs/reference")],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_endpoint_that_is_gone_says_what_to_use_instead(client, name, instead, method):
    answer = getattr(client, method)(f"/poms/{name}")

    assert answer.status_code == 404
    assert instead in answer.json()["detail"]


def test_nobody_is_told_anything_without_a_name(site, client):
    assert client.get("/poms/running_submissions").status_code == 401
    assert client.post("/poms/update_submission", {"submission_id": 1}).status_code == 401

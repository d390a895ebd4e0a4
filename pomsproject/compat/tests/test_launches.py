"""Launching as scripts of the old system do it: 303 to a log, 423 under a hold."""

import re
from typing import ClassVar

import pytest
from django.test import Client

from campaigns.models import Experimenter
from campaigns.tests import builders
from datahandling.handlers.catalogue import Catalogue
from datahandling.query import Dataset
from datahandling.testing import declare_files
from submissions.launchers import Launcher
from submissions.models import Submission
from workflow import controls, holds

pytestmark = pytest.mark.django_db


def launched_by(answer):
    """Return the submission that a script reads out of where it is led on to."""
    assert answer.status_code == 303, answer.text
    return Submission.objects.get(pk=re.search(r"submission_id=(\d+)", answer["Location"])[1])


# launch_jobs


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_script_launches_a_stage_and_reads_the_number_of_the_submission(site, method):
    said = {"campaign_stage_id": site.stage.pk, "fmt": "json", "test_launch": ""}

    answer = getattr(site.script, method)("/poms/launch_jobs/nova/production", said)

    made = launched_by(answer)
    assert (made.stage, made.creator, made.test) == (site.stage, site.prod, False)
    assert (made.cause, made.dataset) == ("person", "raw")
    assert answer["Location"].startswith("http://testserver/poms/list_launch_file?")


@pytest.mark.parametrize("sent", ['[["-N ", "7"]]', "[['-N ', '7']]", '{"-N ": "7"}'])
def test_what_it_wants_otherwise_is_told_by_arguments(site, sent):
    said = {
        "campaign_stage_id": site.stage.pk,
        "dataset_override": "other",
        "param_overrides": sent,
        "test_launch": "True",
        "launcher": "prod",
    }

    made = launched_by(site.script.post("/poms/launch_jobs", said))

    assert (made.dataset, made.param_overrides, made.test) == ("other", [["-N ", "7"]], True)


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        ({"param_overrides": "[1]"}, 400, r"list of \[key, value\] pairs"),
        ({"param_overrides": "__import__('os')"}, 400, "neither JSON nor a list"),
        ({"param_overrides": "foo"}, 400, r"^param_overrides is neither .* such as \[\["),
        ({"param_overrides": "[" * 90_000}, 400, "neither JSON nor a list"),
        ({"param_overrides": '[["a", "\\u0000"]]'}, 400, "NUL"),
        ({"parent_submission_id": "3"}, 400, "launch_recovery_for"),
        ({"launcher": "boss"}, 403, "in the name of who asks"),
        ({"campaign_stage_id": "999999"}, 404, ""),
    ],
)
def test_what_makes_no_sense_launches_nothing(site, said, status, why):
    answer = site.script.post("/poms/launch_jobs", {"campaign_stage_id": site.stage.pk} | said)

    assert answer.status_code == status
    assert re.search(why, answer.json()["detail"])
    assert not Submission.objects.exists()


def test_a_hold_over_the_stage_queues_it_and_says_so(site):
    holds.hold(site.stage, "to see", site.prod)

    answer = site.script.post("/poms/launch_jobs", {"campaign_stage_id": site.stage.pk})

    assert answer.status_code == 423
    assert answer.json() == {
        "detail": "Campaign stage reco launches currently held.... queuing this request",
        "submission_id": Submission.objects.get().pk,
    }


@pytest.mark.parametrize("over", ["everything", "campaign"])
def test_a_wider_hold_does_so_too(site, over):
    holds.hold(None if over == "everything" else site.campaign, "to see", site.prod)

    answer = site.script.post("/poms/launch_jobs", {"campaign_stage_id": site.stage.pk})

    assert answer.status_code == 423
    assert answer.json()["detail"] == "Job launches currently held.... queuing this request"


def test_an_exhausted_split_says_so(site):
    declare_files("nova", "two", 2)
    stage = builders.stage("sim", site.campaign, dataset="two", split_type="nfiles(2)")
    said = {"campaign_stage_id": stage.pk}

    launched_by(site.script.post("/poms/launch_jobs", said))
    answer = site.script.post("/poms/launch_jobs", said)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "No more splits in this campaign."


def test_an_analyst_launches_nothing_of_the_production_team(site):
    script = site.scripts_of(builders.person("ana", "analysis"))

    for name, said in (
        ("launch_jobs", {"campaign_stage_id": site.stage.pk}),
        ("launch_campaign", {"campaign_id": site.campaign.pk}),
        ("force_locate_submission", {"submission_id": site.submission("Completed").pk}),
    ):
        assert script.get(f"/poms/{name}", said).status_code == 403


def test_a_link_in_a_browser_launches_nothing(site):
    said = {"campaign_stage_id": site.stage.pk}

    assert site.browser.get("/poms/launch_jobs", said).status_code == 405

    assert not Submission.objects.exists()
    launched_by(site.browser.post("/poms/launch_jobs", said))


# where it leads on to


def test_a_browser_is_led_on_to_the_page_of_the_submission(site):
    made = site.submission()
    url = f"/poms/list_launch_file?campaign_stage_id={site.stage.pk}&submission_id={made.pk}"

    answer = site.browser.get(url)

    assert (answer.status_code, answer["Location"]) == (
        303,
        f"http://testserver/submissions/{made.pk}/",
    )
    assert site.browser.get(answer["Location"]).status_code == 200
    assert site.script.get(url).json() == []


# launch_campaign


@pytest.mark.parametrize("by", ["campaign_id", "campaign_name"])
def test_a_campaign_is_launched_at_its_first_stages(site, by):
    merge = builders.stage("merge", site.campaign)
    builders.feeds(site.stage, merge)
    named = {"campaign_id": site.campaign.pk, "campaign_name": "mc"}[by]

    made = launched_by(site.script.post("/poms/launch_campaign", {by: named, "test_launch": "1"}))

    assert (made.stage, made.test) == (site.stage, True)
    assert Submission.objects.count() == 1


# launch_recovery_for


@pytest.fixture
def over(site):
    """A submission over two files, of which its jobs did none."""
    done = site.submission("Completed", project="poms_1", dataset="two")
    declare_files("nova", "two", 2)
    Catalogue("nova").start_project("poms_1", Dataset("two"))
    return done


def test_a_recovery_is_launched_over_what_is_missing(site, over):
    said = {
        "campaign_stage_id": site.stage.pk,
        "submission_id": over.pk,
        "recovery_type": "consumed_status",
    }

    made = launched_by(site.script.get("/poms/launch_recovery_for", said))

    assert made.original == over
    assert len(Catalogue("nova").files(Dataset(made.dataset))) == 2


def test_without_anything_missing_there_is_none(site, over):
    catalogue = Catalogue("nova")
    while file := catalogue.next_file("poms_1", "w"):
        catalogue.file_done("poms_1", file.name, "w")

    answer = site.script.get(
        "/poms/launch_recovery_for", {"submission_id": over.pk, "recovery_type": "consumed_status"}
    )

    assert answer.status_code == 409
    assert answer.json()["detail"] == "No recovery needed, launch skipped."


def test_a_type_of_recovery_that_there_is_not_is_refused_with_those_that_there_are(site, over):
    answer = site.script.get(
        "/poms/launch_recovery_for", {"submission_id": over.pk, "recovery_type": "magic"}
    )

    assert answer.status_code == 400
    assert "consumed_status, process_status" in answer.json()["detail"]


# the jobs of what was launched


class Obedient(Launcher):
    """A launcher that does as it is told, and remembers it."""

    told: ClassVar[list[tuple[str, int]]] = []
    start = status = find_jobs = None  # not asked for here

    def control(self, act, submission):
        self.told.append((act, submission))
        return ""


@pytest.fixture
def told(monkeypatch):
    monkeypatch.setattr(controls, "launcher_of", lambda submission: Obedient())
    monkeypatch.setattr(Obedient, "told", [])
    return Obedient.told


@pytest.mark.django_db(transaction=True)  # it is done in threads
@pytest.mark.parametrize("by", ["submission_id", "campaign_stage_id", "campaign_id"])
@pytest.mark.parametrize(
    ("act", "said", "after"),
    [
        ("kill", "killed", "Removed"),
        ("hold", "held", "Running"),
        ("cancel", "cancelled", "Cancelled"),
    ],
)
def test_jobs_are_killed_held_or_cancelled_once_confirmed(site, told, by, act, said, after):
    running = site.submission("Running", jobsub_job_id="7@j")
    keys = {"submission_id": running.pk, "campaign_stage_id": site.stage.pk}
    asked = {"act": act, by: keys.get(by, site.campaign.pk)}

    first = site.script.post("/poms/kill_jobs", asked)
    assert first.text.startswith(f"{act} the jobs of ")
    assert told == []

    done = site.script.post("/poms/kill_jobs", {**asked, "confirm": "1"})

    assert done.text == f"The jobs of 1 submission were {said}."
    assert [pk for _, pk in told] == [running.pk]
    running.refresh_from_db()
    assert running.status == after


@pytest.mark.parametrize("confirm", ["", "1"])
def test_an_act_that_there_is_not_is_refused(site, told, confirm):
    running = site.submission("Running")
    asked = {"act": "tickle", "submission_id": running.pk, "confirm": confirm}

    answer = site.script.post("/poms/kill_jobs", asked)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "called with unknown action tickle"


def test_whose_jobs_has_to_be_said(site, told):
    answer = site.script.post("/poms/kill_jobs", {"act": "kill"})

    assert answer.status_code == 400
    said = "say submission_id, campaign_stage_id, campaign_id or campaign_name"
    assert answer.json() == {"detail": said}


def test_what_failed_is_cancelled_where_it_is_named_by_itself(site, told):
    failed = site.submission("Failed")
    asked = {"act": "cancel", "submission_id": failed.pk, "confirm": "1"}

    site.script.post("/poms/kill_jobs", asked)

    failed.refresh_from_db()
    assert failed.status == "Cancelled"


def test_what_is_not_being_launched_is_not_aborted(site):
    answer = site.script.get("/poms/abort_launch", {"submission_id": site.submission().pk})

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("unable to abort launch")


# the rest


def test_what_waits_for_output_is_let_go(site):
    waiting = site.submission("Completed")

    answer = site.script.get("/poms/force_locate_submission", {"submission_id": waiting.pk})

    assert answer.text == "Ok."
    waiting.refresh_from_db()
    assert waiting.let_go


def test_what_runs_can_not_be_let_go(site):
    running = site.submission("Running")

    answer = site.script.get("/poms/force_locate_submission", {"submission_id": running.pk})

    assert answer.status_code == 409
    assert "only what waits for output" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_root_has_done_what_is_due(site):
    waiting = site.submission("Completed")
    root = Experimenter.objects.create(username="root", is_superuser=True)
    script: Client = site.scripts_of(root)
    script.get("/poms/force_locate_submission", {"submission_id": waiting.pk})

    answer = script.get("/poms/wrapup_tasks")

    assert "completed: " in answer.text
    waiting.refresh_from_db()
    assert waiting.status == "Located"


def test_others_leave_that_to_it(site):
    for client in (site.script, site.agent):
        assert client.get("/poms/wrapup_tasks").status_code == 403

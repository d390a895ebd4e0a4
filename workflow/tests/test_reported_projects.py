"""On SAM the jobs start the project: POMS hears its name from who knows, once, and goes by it."""

import pytest
from rest_framework.test import APIClient

from campaigns.tests.builders import data_service
from datahandling.tests.services.sam import SamSide
from poms_client.testing.sam import SamServer, definitions, projects
from submissions.launching.leave import start_attempt
from submissions.models import Submission
from submissions.reports.reading import Report
from submissions.reports.recording import record
from submissions.statuses import Status
from workflow import controls
from workflow.completion import NO_PROJECT
from workflow.projects import make_project
from workflow.tasks import run_pass

PROJECT = "demo_prod_1"


@pytest.fixture
def sam():
    with SamServer() as server:
        yield server


@pytest.fixture
def side(sam):
    return SamSide(sam.store("demo"))


@pytest.fixture
def reco(world, sam, side):
    """A stage over four files in SAM."""
    world.campaign.data_handler = "sam"
    world.campaign.save()
    data_service("demo", url=sam.api("demo"))
    side.declare("a", "b", "c", "d", dataset="raw")
    return world.stage("reco", dataset="raw")


@pytest.fixture
def submission(world, reco):
    """Its jobs are over, and POMS has heard of no project."""
    launched = world.launch(reco)
    run_pass()
    world.say(launched, "Completed", submitted=4)
    launched.refresh_from_db()
    return launched


def job_of(submission):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_attempt(submission)[2]}")
    return client


def report(job, submission, **said):
    return job.post("/api/v1/reports/", {"submission_id": submission.pk, **said}, format="json")


def test_a_job_says_which_project_it_started(world, reco):
    submission = world.launch(reco)

    report(job_of(submission), submission, project=PROJECT)

    submission.refresh_from_db()
    assert submission.project == PROJECT


def test_without_a_project_it_waits_and_says_for_what(world, submission):
    run_pass()

    assert world.status(submission) == "Completed"
    assert world.conclusion(submission).startswith(NO_PROJECT)


def test_completion_goes_by_the_project_that_was_reported(world, side, submission):
    run_pass()
    projects.start(side.store, PROJECT, defname="raw")
    projects.put_status(side.store, PROJECT, "consumed", "a", "b", "c", "d")
    side.declare("a2", "b2", "c2", "d2", dataset=None, parents=["a", "b", "c", "d"])

    record([Report(submission.pk, project=PROJECT, source="wrapper")])
    Submission.objects.filter(pk=submission.pk).wake()
    run_pass()

    assert world.status(submission) == "Located"


def test_datasets_that_jobs_define_count_where_they_start_no_project(world, side, reco):
    """As today: a submission without a project is judged by its poms_depends datasets (W4)."""
    world.feed(reco, world.stage("ana", dataset="from_parent"))
    submission = world.launch(reco)
    run_pass()
    world.say(submission, "Completed", submitted=4)
    side.declare("o1", "o2", "o3", "o4", dataset="made")
    definitions.create(
        side.store, f"poms_depends_{submission.pk}_1", "defname: made", user="someone"
    )

    run_pass()

    assert world.status(submission) == "Located"


def test_another_attempt_starts_another_project(world, reco):
    submission = world.launch(reco)
    Submission.objects.filter(pk=submission.pk).update(project=PROJECT)
    submission.refresh_from_db()

    assert make_project(submission) == PROJECT
    assert make_project(submission, anew=True) == ""
    submission.refresh_from_db()
    assert submission.project == ""


def test_a_relaunch_of_a_failed_submission_has_no_project_yet(world, submission):
    Submission.objects.filter(pk=submission.pk).update(
        project=PROJECT, status=Status.FAILED, jobsub_job_id=""
    )
    submission.refresh_from_db()

    assert controls.relaunch(submission, world.person).project == ""

"""How long the token of a submission's jobs is good for."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from submissions.launching.leave import start_attempt
from submissions.models import Submission

LATE = timedelta(days=3, minutes=1)


@pytest.fixture
def submission(site):
    return site.submission()


@pytest.fixture
def job(submission, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    _, _, token = start_attempt(submission)
    become(submission, status="Running")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def declare(job, after=timedelta()):
    with time_machine.travel(timezone.now() + after, tick=False):
        return job.post("/api/v1/files/", [{"name": "f", "size": 1}], format="json")


def become(submission, **fields):
    now = timezone.now()
    fields = {name: now if value == "now" else value for name, value in fields.items()}
    Submission.objects.filter(pk=submission.pk).update(**fields)


def test_it_is_good_while_anything_may_still_come(job, submission):
    assert declare(job).status_code == 201
    become(submission, status="Completed", jobs_ended_at="now")
    assert declare(job, LATE).status_code == 201


def test_what_comes_late_is_heard_for_three_days(job, submission):
    become(submission, status="Located", jobs_ended_at="now", finished_at="now")

    assert declare(job, timedelta(days=2)).status_code == 201
    refused = declare(job, LATE)
    assert refused.status_code == 401
    assert f"submission {submission.pk} is over since" in refused.json()["detail"]


def test_a_chain_that_finished_before_its_jobs_ended_still_hears_them(job, submission):
    become(submission, status="Located", finished_at="now")

    assert declare(job, LATE).status_code == 201


def test_jobs_that_a_person_removed_have_no_more_to_say(job, submission):
    become(submission, status="Removed", finished_at="now")

    assert declare(job, LATE).status_code == 401


def test_a_submission_whose_place_another_took_is_over(job, site, submission):
    other = site.submission(submission.stage)
    become(submission, status="Failed", jobs_ended_at="now", replaced_by=other)

    assert declare(job, LATE).status_code == 401


def test_a_recovery_is_over_when_its_chain_is(job, site, submission):
    original = site.submission(submission.stage, "Located")
    become(submission, original=original, cause="recovery", jobs_ended_at="now")

    assert declare(job, LATE).status_code == 201
    become(original, finished_at="now")
    assert declare(job, LATE).status_code == 401


def test_it_ends_in_any_case(job):
    assert declare(job, timedelta(days=31)).status_code == 401

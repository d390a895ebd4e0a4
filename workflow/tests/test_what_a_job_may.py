"""What a job's token is good for: its own submission, and nothing of another's."""

import pytest
from rest_framework.test import APIClient

from submissions.launching.leave import start_attempt


@pytest.fixture
def submission(world):
    return world.launch(world.stage("gen", stage_type="generator"))


@pytest.fixture
def job(submission):
    _, _, token = start_attempt(submission)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def declare(job, dataset):
    file = {"name": "f", "size": 1, "datasets": [dataset]}
    return job.post("/api/v1/files/", [file], format="json")


def test_it_puts_files_into_the_dataset_that_its_own_chain_feeds(job, submission):
    assert declare(job, f"poms_depends_{submission.pk}_1").status_code == 201


@pytest.mark.parametrize("name", ["poms_depends_{other}_1", "poms_recover_{own}_0", "poms_join_7"])
def test_it_puts_none_into_another_dataset_that_poms_names(job, submission, name):
    name = name.format(own=submission.pk, other=submission.pk + 1)

    assert declare(job, name).status_code == 403


def test_it_puts_files_into_a_dataset_of_another_name(job):
    assert declare(job, "calibration").status_code == 201


def test_it_cannot_make_another_project_its_own(job, submission):
    report = {"submission_id": submission.pk, "status": "Idle", "project": "poms_999"}

    job.post("/api/v1/reports/", report, format="json")

    submission.refresh_from_db()
    assert submission.project == ""
    answer = job.post("/api/v1/projects/poms_999/next/", {"worker": "w"}, format="json")
    assert answer.status_code == 403

"""What a job, or the script that submits jobs, is told of its submission's project."""

import pytest
from rest_framework.test import APIClient

from poms_client.testing.faults import Fault
from workflow.tasks import run_pass
from workflow.tests.data_dispatcher import DispatcherJobs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the clients leave files open


@pytest.fixture
def jobs(world, tmp_path):
    return DispatcherJobs(world, tmp_path)


@pytest.fixture
def ask(world, jobs):
    """Ask as a job of a submission over three files; return the answer."""
    jobs.dataset("raw", 3)
    submission = world.launch(world.stage("reco", dataset="raw"))
    run_pass()
    submission.refresh_from_db()
    token = (submission.attempts.get().folder / "job-token").read_text()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return lambda: client.get(f"/api/v1/projects/{submission.project}/")


def test_it_is_counted_where_the_submissions_files_are(ask):
    answer = ask()

    assert answer.status_code == 200
    assert (answer.json()["files"], answer.json()["initial"]) == (3, 3)


def test_without_an_answer_from_there_it_is_told_to_ask_again(ask, jobs):
    jobs.running.dispatcher.faults.add(Fault(kind="500"))

    answer = ask()

    assert answer.status_code == 503
    assert "Data Dispatcher of demo" in answer.json()["detail"]

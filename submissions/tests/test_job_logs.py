"""Failed jobs on the submission's page, and what they said, from a real batch directory."""

import pytest

from campaigns.tests import builders
from poms_client.batch import files
from poms_client.batch.directory import BatchDirectory, Order


@pytest.fixture
def submission(site, settings, tmp_path):
    settings.BATCH_DIR = tmp_path / "batch"
    login = builders.login_setup("here", site.person, launcher="local")
    return site.submission(
        site.stage(login_setup=login), "Failed", jobs={"completed": 1, "failed": 1}
    )


@pytest.fixture
def cluster(submission, settings):
    """Two jobs; the second one failed."""
    order = Order(argv=("reco",), jobs=2, environment={}, submission=submission.pk)
    cluster = BatchDirectory(settings.BATCH_DIR).submit(order)
    for number, state in enumerate(["completed", "failed"]):
        job = cluster.job(number).path
        job.mkdir()
        files.write(job / "exit.json", {"state": state, "code": number, "ended": 0})
        (job / "stdout").write_text("event 1\n")
        (job / "stderr").write_text("no geometry\npassword=hush <b>\n")
    return cluster


@pytest.fixture
def see(client, site, submission):
    client.force_login(site.person)

    def see(name=""):
        response = client.get(f"/submissions/{submission.pk}/jobs/{name}")
        assert response.status_code == 200
        return response.content.decode()

    return see


def test_failed_jobs_are_listed_with_a_link_to_what_they_said(see, submission, cluster):
    page = see()

    assert f'href="/submissions/{submission.pk}/jobs/1/"' in page
    assert "job 1.1@local" in page
    assert "exit 1" in page
    assert "1.0@local" not in page


def test_the_log_is_shown_without_its_secrets(see, cluster):
    page = see("1/")

    assert "event 1" in page
    assert "no geometry" in page
    assert "password=••••••" in page
    assert "&lt;b&gt;" in page
    assert "hush" not in page


def test_what_was_tidied_away_is_said_to_be(see, cluster, settings):
    assert "tidied away" in see("7/")


def test_without_failed_jobs_there_is_nothing_to_show(see, submission):
    submission.jobs = {"completed": 2}
    submission.save()

    assert see() == ""


def test_jobs_launched_over_ssh_have_their_logs_there(see, submission, settings, tmp_path):
    (tmp_path / "config").write_text("ProxyCommand false\n")
    settings.DATA_DIR, settings.SSH_CONFIG = tmp_path, str(tmp_path / "config")
    content = submission.snapshot.content
    content["login_setup"]["launcher"] = "ssh"
    submission.snapshot.save()

    assert "localhost can&#x27;t be reached" in see()

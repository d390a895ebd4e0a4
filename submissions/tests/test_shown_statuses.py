"""What is shown as the status: on Data Dispatcher exactly three words, elsewhere what it is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submissions.models import Submission
from submissions.models.statistics import FileStatistics
from submissions.showing import shown_in_the_database, shown_status, with_shown_parts
from submissions.statuses import ShownStatus, Status, shown_on_dispatcher

CREATED, COMPLETED, FAILURES = "Created", "Completed", "Completed with failures"


def states(done=0, failed=0, reserved=0, initial=0):
    return {"done": done, "failed": failed, "reserved": reserved, "initial": initial}


@pytest.mark.parametrize(
    "status", ["New", "Awaiting Approval", "Approved", "Idle", "Running", "Held"]
)
def test_until_its_jobs_are_over_it_is_created(status):
    assert shown_on_dispatcher(status, states(failed=3), failed_jobs=1) == CREATED


@pytest.mark.parametrize("status", ["Failed", "LaunchFailed", "Removed", "Cancelled"])
def test_what_ended_otherwise_has_failures(status):
    assert shown_on_dispatcher(status, states(done=3)) == FAILURES


@pytest.mark.parametrize("status", ["Completed", "Located"])
@pytest.mark.parametrize(
    ("found", "failed_jobs", "shown"),
    [
        (states(done=10), 0, COMPLETED),
        (states(done=10), 2, COMPLETED),  # other jobs took the files of those that failed
        (states(done=9, failed=1), 0, FAILURES),
        (states(done=60, failed=10, reserved=5, initial=25), 0, FAILURES),  # DOMAIN A.7
        (states(done=80, initial=20), 0, COMPLETED),
        (states(done=79, initial=21), 0, FAILURES),
        (states(done=80, initial=20), 1, FAILURES),
        (states(), 0, COMPLETED),
        (None, 0, COMPLETED),
        (None, 1, FAILURES),
    ],
)
def test_what_completed_goes_by_its_own_files_and_else_by_its_jobs(
    status, found, failed_jobs, shown
):
    assert shown_on_dispatcher(status, found, failed_jobs) == shown


def test_what_was_skipped_had_nothing_to_do():
    assert shown_on_dispatcher("Skipped") == COMPLETED


# Of submissions


@pytest.fixture
def stage(site):
    site.campaign.data_handler = "data_dispatcher"
    site.campaign.save()
    return site.stage(dataset="dune:raw")


def asked(submission, *, after=timedelta(seconds=1), **found):
    """Have its files asked for, so long after its jobs were over."""
    over = timezone.now()
    Submission.objects.filter(pk=submission.pk).update(completed_at=over)
    FileStatistics.objects.update_or_create(
        submission=submission, defaults={"states": states(**found), "asked_at": over + after}
    )
    submission.refresh_from_db()


def test_files_asked_for_before_the_end_say_nothing_of_the_end(site, stage):
    submission = site.submission(stage, "Completed")

    asked(submission, after=timedelta(seconds=-1), initial=10)
    assert shown_status(submission) == COMPLETED

    asked(submission, initial=10)
    assert shown_status(Submission.objects.get(pk=submission.pk)) == FAILURES


def test_it_goes_by_the_handler_that_it_was_launched_on(site, stage):
    submission = site.submission(stage, "Running")
    site.campaign.data_handler = "catalogue"
    site.campaign.save()

    assert shown_status(submission) == CREATED
    assert shown_status(with_shown_parts(Submission.objects.all()).get()) == CREATED


@pytest.mark.parametrize("status", Status.values)
def test_elsewhere_a_status_is_shown_as_it_is(site, status):
    assert shown_status(site.submission(status=status)) == status


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.sampled_from(Status.values),
    counts=st.none() | st.tuples(*[st.integers(0, 12)] * 4),
    failed_jobs=st.none() | st.integers(0, 3),
    late=st.booleans(),
)
def test_the_database_counts_them_by_the_same_words(site, stage, status, counts, failed_jobs, late):
    submission = site.submission(stage, status)
    jobs = {} if failed_jobs is None else {"failed": failed_jobs}
    Submission.objects.filter(pk=submission.pk).update(jobs=jobs)
    if counts is not None:
        names = ("done", "failed", "reserved", "initial")
        after = timedelta(seconds=1 if late else -1)
        asked(submission, after=after, **dict(zip(names, counts, strict=True)))
    row = Submission.objects.get(pk=submission.pk)

    [shown] = shown_in_the_database(Submission.objects.filter(pk=row.pk)).values_list(
        "shown", flat=True
    )

    assert shown == shown_status(row)


# On pages


@pytest.fixture
def finished(site, stage, client):
    client.force_login(site.person)
    submission = site.submission(stage, "Idle")
    for status in ("Running", "Completed"):
        submission.move_to(Status(status), actor="agent")
    asked(submission, done=9, failed=1)
    return submission


def words(client, name, key):
    page = client.get(reverse(name, args=[key]))
    assert page.status_code == 200
    return page.text


def test_the_page_of_a_submission_shows_three_words_and_keeps_the_others_in_its_history(
    client, finished
):
    page = words(client, "submissions:submission", finished.pk)

    assert page.count(f'title="Completed">{FAILURES}</span>') == 2  # now, and in the history
    assert f'title="Idle">{CREATED}</span>' in page
    assert '<span class="small text-secondary">Idle</span>' in page


@pytest.mark.parametrize("name", ["submissions:row", "submissions:now"])
def test_each_list_shows_them(client, finished, name):
    assert f">{FAILURES}</span>" in words(client, name, finished.pk)


def test_the_table_of_a_stage_says_which_data_handling_it_is(client, site, stage, finished):
    finished.statistics.figures = {"percent_completed": 70.0}
    finished.statistics.save()

    page = words(client, "submissions:of-stage", stage.pk)

    assert '<th scope="col">Data handling</th>' in page
    assert "Data Dispatcher" in page
    assert "70 % completed" in page
    assert f">{FAILURES}</span>" in page


def test_where_no_percentage_is_known_none_is_shown(client, stage, finished):
    finished.statistics.figures = {"files": 12}
    finished.statistics.save()

    assert "% completed" not in words(client, "submissions:of-stage", stage.pk)


def test_the_table_of_a_run_shows_them(client, site, finished):
    assert f">{FAILURES}</span>" in words(client, "submissions:of-run", site.run.pk)


def test_the_graph_counts_them(client, site, stage, finished):
    site.submission(stage, "Running")

    page = words(client, "workflow:campaign-graph", site.campaign.pk)

    assert f"1 {CREATED}" in page
    assert f"1 {FAILURES}" in page


def test_the_first_page_counts_them(client, site, stage, finished):
    site.submission(stage, "Failed")

    page = client.get(reverse("workflow:home")).text

    assert f"2 {FAILURES}" in page
    assert f'title="Failed">{FAILURES}</span>' in page


def test_the_api_tells_both(client, finished):
    said = client.get(f"/api/v1/submissions/{finished.pk}/").json()

    assert (said["status"], said["shown_status"]) == ("Completed", FAILURES)
    assert said["data_handler"] == "data_dispatcher"


@pytest.mark.parametrize(
    "address", ["/submissions/", "/api/v1/submissions/", "/stages/{stage}/submissions/"]
)
def test_lists_cost_the_same_however_many_there_are(client, site, stage, address):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address.format(stage=stage.pk)).status_code == 200
        return len(captured)

    client.force_login(site.person)
    asked(site.submission(stage, "Completed"), done=1)
    queries()  # what is looked up once per process
    few = queries()
    for _ in range(8):
        asked(site.submission(stage, "Completed"), failed=1)
        site.submission(stage, "Running")

    assert queries() == few


def test_there_are_three_words():
    assert ShownStatus.values == [CREATED, COMPLETED, FAILURES]

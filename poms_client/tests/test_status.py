import pytest

from poms_client.agents.status import Jobs, status


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        (Jobs(4, completed=4), "Completed"),
        (Jobs(3, completed=2, failed=1), "Completed"),
        (Jobs(4, completed=2, failed=2), "Failed"),
        (Jobs(1, failed=1), "Failed"),
        (Jobs(4, completed=3, cancelled=1), "Completed"),
        (Jobs(4, cancelled=4), "Cancelled"),
        (Jobs(1, cancelled=1), "Cancelled"),
        (Jobs(2, failed=1, cancelled=1), "Failed"),
        (Jobs(4, held=1, running=3), "Held"),
        (Jobs(4, held=1, completed=3), "Held"),
        (Jobs(4, idle=4), "Idle"),
        (Jobs(4, idle=1, completed=3), "Idle"),
        (Jobs(4, idle=1, running=1, failed=2), "Running"),
        (Jobs(4, running=1, failed=3), "Running"),
    ],
)
def test_the_jobs_say_what_the_submission_is(jobs, expected):
    assert status(jobs) == expected


def test_no_jobs_at_all_say_nothing():
    assert status(Jobs(0)) is None


def test_whoever_removed_the_jobs_says_what_that_is_called():
    assert status(Jobs(2, cancelled=2), removed_as="Removed") == "Removed"


def test_the_percentage_is_that_of_finished_jobs_however_they_finished():
    assert Jobs(8, running=5, completed=1, failed=1, cancelled=1).pct_complete == 37.5
    assert Jobs(0).pct_complete == 0.0

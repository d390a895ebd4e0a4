"""LENS is asked for what is new of whole groups, in the same request."""

from datetime import datetime, timedelta, timezone

import pytest

from poms_client.agents.lens import LensSource
from poms_client.testing.lens.landscape import Seen
from poms_client.testing.lens.server import LensServer

OPEN = "/agents/awaited/"
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def lens():
    with LensServer() as server:
        yield server


@pytest.fixture
def source(lens, api, poms):
    poms.rows[OPEN] = {"submissions": []}
    return LensSource(lens.url, api, groups=["nova", "samdev"])


@pytest.fixture
def put(lens, api):
    """Put a submission of one job into Landscape, launched by this POMS."""

    def _put(number, group="nova", url=None, job=None, **seen):
        environment = {"POMS_URL": url or api.url}
        lens.landscape.put(
            Seen(f"{job or number}.0@j", number, group, environment=environment, **seen)
        )

    return _put


def reported(look):
    return {report["submission_id"]: report["status"] for report in look.reports}


def test_what_poms_does_not_wait_for_is_reported_too(source, put):
    put(7, running=1)
    put(8, group="fermilab", done=True, completed=1)  # as samdev is called there
    put(9, group="dune", running=1)

    assert reported(source.look()) == {7: "Running", 8: "Completed"}


def test_it_is_one_request_with_that_for_the_open_ones(source, put, lens, poms):
    put(7, running=1)
    put(8, group="dune", held=1)
    poms.rows[OPEN] = {"submissions": [{"submission_id": 8, "jobsub_job_id": ""}]}

    assert reported(source.look()) == {7: "Running", 8: "Held"}
    assert lens.faults.asked("/lens/query") == 1


@pytest.mark.parametrize("hours", [0.5, 3])
def test_what_is_new_is_asked_for_unless_the_last_look_is_long_ago(
    source, put, time_machine, hours
):
    time_machine.move_to(NOON, tick=False)
    put(7, running=1, submit_time=NOON - timedelta(hours=5))
    assert reported(source.look()) == {7: "Running"}
    put(8, running=1, submit_time=NOON - timedelta(minutes=3))

    time_machine.shift(timedelta(hours=hours))

    assert reported(source.look()) == (
        {8: "Running"} if hours < 1 else {7: "Running", 8: "Running"}
    )


def test_jobs_of_another_poms_with_the_same_number_are_not_ours(source, put):
    put(7, url="https://pomsint.example.org", running=1)

    assert source.look().reports == []


def test_of_a_number_with_two_entries_nothing_is_said(source, put):
    put(7, running=1)
    put(7, job=71, done=True, completed=1)

    assert source.look().reports == []


def test_what_is_not_whole_or_has_no_number_says_nothing(source, put, lens, poms):
    put(7, running=None)
    lens.landscape.put(Seen("9.0@j", None, "nova", running=1))

    look = source.look()

    assert (look.reports, look.problems) == ([], [])

"""Nobody starts another attempt while the last one may still submit (W9)."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine

from submissions.launchers import LAUNCHERS, Launcher, ScriptState, ScriptStatus
from submissions.launching.leave import grant
from workflow.launching import launch_next
from workflow.requesting import Wish, request_launch

SOON = timedelta(minutes=10)  # later than leases, deadlines and back-offs


class Lost(Launcher):
    """A launcher whose scripts end at once, with ``exit_code``, and have submitted nothing."""

    exit_code = None
    asked = staticmethod(lambda submission: None)

    def start(self, folder):
        pass

    def status(self, folder):
        return ScriptStatus(ScriptState.ENDED, self.exit_code)

    def find_jobs(self, submission):
        self.asked(submission)

    def control(self, act, submission):
        return ""


@pytest.fixture
def lost(monkeypatch):
    launcher = type("LostHere", (Lost,), {})
    monkeypatch.setitem(LAUNCHERS, "local", launcher)
    return launcher


@pytest.fixture
def clock():
    with time_machine.travel(0, tick=False) as clock:
        yield clock


@pytest.fixture
def launched(clock, world, lost):
    """A submission whose first attempt was started and has ended."""
    submission = request_launch(world.stage("gen", stage_type="generator"), Wish(who=world.person))
    assert launch_next()
    return submission


def token(submission):
    attempt = submission.attempts.last()
    return (attempt.folder / "launch-token").read_text()


def look(clock, submission, later=SOON):
    """Have the launch looked at ``later``; return the number of its attempts, and its status."""
    clock.shift(later)
    assert launch_next()
    submission.refresh_from_db()
    return submission.attempt, submission.status


def test_a_launch_that_was_lost_without_leave_is_launched_again(clock, launched):
    assert look(clock, launched) == (2, "New")


def test_leave_is_waited_out(clock, launched):
    clock.shift(timedelta(minutes=5))
    grant(launched.pk, token(launched))

    assert look(clock, launched, timedelta(seconds=30)) == (1, "New")
    assert look(clock, launched, timedelta(seconds=60)) == (2, "New")


def test_an_answer_of_the_batch_from_before_the_deadline_is_asked_for_again_after_it(
    clock, launched, lost
):
    clock.shift(timedelta(minutes=5))
    grant(launched.pk, token(launched))
    lost.asked = staticmethod(lambda submission: clock.shift(SOON))  # a slow batch

    assert look(clock, launched, timedelta(seconds=30)) == (1, "New")


def test_leave_taken_while_the_batch_is_asked_keeps_the_next_attempt_back(clock, launched, lost):
    lost.asked = staticmethod(lambda submission: grant(submission, token(launched)))

    assert look(clock, launched) == (1, "New")

    lost.asked = staticmethod(lambda submission: None)
    assert look(clock, launched) == (2, "New")


@pytest.mark.parametrize("code", [4, 6, 137, -9, None])
def test_a_launch_that_lost_touch_with_poms_is_tried_again(clock, launched, lost, code):
    lost.exit_code = code

    assert look(clock, launched) == (2, "New")


@pytest.mark.parametrize("code", [0, 1, 2, 3, 127])
def test_a_launch_that_failed_by_itself_is_not(clock, launched, lost, code):
    lost.exit_code = code

    assert look(clock, launched) == (1, "LaunchFailed")


def test_a_launch_is_not_tried_for_ever(clock, launched, lost):
    lost.exit_code = 4
    assert [look(clock, launched)[0] for _ in range(7)] == [2, 3, 4, 5, 6, 7, 8]

    assert look(clock, launched) == (8, "LaunchFailed")


def test_after_each_lost_attempt_the_next_waits_longer(clock, launched):
    waits = []
    for _ in range(5):
        started = launched.attempts.last().started_at
        look(clock, launched, timedelta(seconds=3))  # sees that it was lost
        waits.append(launched.due_at - started)
        look(clock, launched)

    assert all(later == 2 * earlier for earlier, later in pairwise(waits))

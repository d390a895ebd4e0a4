"""What two people press at the same moment, or one twice, or while a launch is under way."""

import pytest
from django.utils import timezone

from submissions.launching.leave import grant, start_attempt
from submissions.models import Submission
from submissions.registering import register_external
from workflow import controls
from workflow.controls import Refused
from workflow.tasks import run_pass


@pytest.fixture
def finished(world):
    """A finished chain, one file of which was never consumed."""
    names = world.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=50)
    submission = world.launch(stage)
    run_pass()
    world.finish(submission, fail={names[0]})
    run_pass()
    submission.refresh_from_db()
    assert submission.finished_at is not None
    return submission


@pytest.fixture
def launching(world):
    """A New submission whose launch has leave to submit."""
    submission = world.launch(world.stage("gen", stage_type="generator"))
    _, token, _ = start_attempt(submission)
    grant(submission.pk, token)
    return submission


def test_a_finished_chain_is_recovered_by_one_at_a_time(world, finished):
    first = controls.recover(finished, "consumed_status", world.person)

    with pytest.raises(Refused, match=f"submission {first.pk} is recovering it already"):
        controls.recover(finished, "consumed_status", world.person)


def test_it_may_be_recovered_again_when_the_first_recovery_is_over(world, finished):
    first = controls.recover(finished, "consumed_status", world.person)
    run_pass()
    controls.cancel(first, world.person)
    run_pass()

    assert controls.recover(finished, "consumed_status", world.person).pk != first.pk


def test_the_recovery_of_a_finished_chain_is_completed_even_if_its_jobs_fail(world, finished):
    recovery = controls.recover(finished, "consumed_status", world.person)
    run_pass()

    world.say(recovery, "Failed")

    assert world.status(recovery) == "Completed"


def test_an_open_chain_is_recovered_by_one_at_a_time(world):
    names = world.dataset("raw", 4)
    submission = world.launch(world.stage("reco", dataset="raw", completion_pct=100))
    run_pass()
    world.finish(submission, fail={names[0]})
    run_pass()
    submission.refresh_from_db()
    controls.recover(submission, "consumed_status", world.person)

    with pytest.raises(Refused, match="is recovering it already"):
        controls.recover(submission, "consumed_status", world.person)


def test_what_may_be_submitting_right_now_is_not_cancelled(world, launching):
    with pytest.raises(Refused, match="may be submitting until"):
        controls.cancel(launching, world.person)

    launching.refresh_from_db()
    assert launching.status == "New"


def test_after_its_deadline_it_is_cancelled(world, launching, settings):
    launching.attempts.update(deadline=timezone.now() - 2 * settings.TIME_TO_SUBMIT)

    controls.cancel(launching, world.person)

    assert world.status(launching) == "Cancelled"


def test_what_was_approved_can_no_longer_be_refused(world):
    world.dataset("raw", 2)
    submission = world.launch(world.stage("look", stage_type="approval", dataset="raw"))
    run_pass()
    submission.refresh_from_db()
    stale = Submission.objects.get(pk=submission.pk)
    controls.approve(submission, world.person)

    with pytest.raises(Refused, match="doesn't wait for approval any more"):
        controls.refuse_approval(stale, world.person)


def test_what_runs_is_not_ended_by_refusing_an_approval(world):
    submission = world.launch(world.stage("gen", stage_type="generator"))
    run_pass()

    with pytest.raises(Refused):
        controls.refuse_approval(submission, world.person)
    assert world.status(submission) == "Idle"


def test_no_report_passes_an_approval(world):
    world.dataset("raw", 2)
    submission = world.launch(world.stage("look", stage_type="approval", dataset="raw"))

    world.say(submission, "Completed")

    assert world.status(submission) == "New"


def test_what_was_launched_outside_is_not_relaunched_by_poms(world):
    submission = register_external(world.stage("gen", stage_type="generator"), world.person)
    world.say(submission, "Failed")
    submission.refresh_from_db()

    with pytest.raises(Refused, match="launched outside POMS"):
        controls.relaunch(submission, world.person)

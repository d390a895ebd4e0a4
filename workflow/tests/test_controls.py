"""What people press, and what is refused with the reason (WORKFLOW W1, W4)."""

import pytest

from datahandling.base import Unknown
from submissions.models import Feed, Submission
from workflow import controls
from workflow.controls import Refused
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand


@pytest.fixture
def failed(world):
    """A submission fed by a generator, whose jobs failed."""
    gen = world.stage("gen", stage_type="generator")
    sim = world.stage("sim", after=[gen], split_type="nfiles(2)")
    world.completed(gen, files=4)
    run_pass()
    submission = world.only(sim)
    world.say(submission, "Failed")
    submission.refresh_from_db()
    return submission


def test_a_replacement_takes_the_place_of_what_failed(world, failed):
    key = failed.cause_key

    new = controls.relaunch(failed, world.person)

    failed.refresh_from_db()
    assert failed.replaced_by == new
    assert (failed.cause_key, new.cause_key) == (None, key)
    for name in ("run_id", "stage_id", "dataset", "slice_of_id", "position", "cause"):
        assert getattr(new, name) == getattr(failed, name), name


def test_a_replacement_of_a_fed_submission_has_its_parents(world):
    gen = world.stage("gen", stage_type="generator")
    plots = world.stage("plots", after=[gen])
    world.completed(gen)
    run_pass()
    failed = world.only(plots)
    world.say(failed, "Failed")
    failed.refresh_from_db()

    new = controls.relaunch(failed, world.person)

    assert Feed.objects.get().child == new


def test_it_is_replaced_once(world, failed):
    controls.relaunch(failed, world.person)

    with pytest.raises(Refused, match="was relaunched or moved meanwhile"):
        controls.relaunch(failed, world.person)
    assert Submission.objects.filter(stage=failed.stage).count() == 2


def test_what_was_replaced_is_left_alone(world, failed):
    new = controls.relaunch(failed, world.person)
    failed.refresh_from_db()

    for press in (controls.kick_to_completed, controls.cancel):
        with pytest.raises(Refused, match=f"was replaced by {new.pk}"):
            press(failed, world.person)


def test_nothing_is_relaunched_while_its_jobs_may_run(world, failed):
    Submission.objects.filter(pk=failed.pk).update(jobs_ended_at=None)

    with pytest.raises(Refused, match="may still be running"):
        controls.relaunch(failed, world.person)


def test_a_relaunch_of_anything_else_is_refused_with_what_to_do_instead(world, failed):
    world.process(failed)
    controls.kick_to_completed(failed, world.person)
    run_pass()
    failed.refresh_from_db()

    with pytest.raises(Refused, match="launch its stage on"):
        controls.relaunch(failed, world.person)


def test_a_kick_lets_a_failed_submission_go_on(world, failed):
    world.process(failed)

    controls.kick_to_completed(failed, world.person)
    run_pass()

    assert world.status(failed) == "Located"
    assert failed.history.filter(status="Completed", who=world.person).exists()


def test_a_failed_submission_may_be_cancelled(world, failed):
    controls.cancel(failed, world.person)
    run_pass()

    failed.refresh_from_db()
    assert (failed.status, failed.finished_at is not None) == ("Cancelled", True)


@pytest.mark.parametrize("press", ["kick", "let-go", "cancel", "kill", "relaunch", "approve"])
def test_what_is_final_is_refused(world, failed, press):
    controls.cancel(failed, world.person)
    run_pass()
    failed.refresh_from_db()

    with pytest.raises(Refused):
        controls.CONTROLS[press](failed, world.person)


def test_only_what_awaits_approval_is_approved(world, failed):
    with pytest.raises(Refused, match="not Awaiting Approval"):
        controls.approve(failed, world.person)


def test_only_what_waits_for_output_is_let_go(world, failed):
    with pytest.raises(Refused, match="only what waits for output can be let go"):
        controls.let_go(failed, world.person)


def test_what_failed_is_relaunched_or_kicked_before_it_is_recovered(world, failed):
    with pytest.raises(Refused, match="relaunch or kick it"):
        controls.recover(failed, "consumed_status", world.person)


def test_jobs_that_could_not_be_removed_keep_the_submission_as_it_is(world, batch, monkeypatch):
    def silence(self, act, submission):
        raise Unknown("no answer")

    monkeypatch.setattr(ByHand, "control", silence)
    submission = world.launch(world.stage("gen", stage_type="generator"))
    run_pass()
    submission.refresh_from_db()

    with pytest.raises(Refused, match="are as they were"):
        controls.cancel(submission, world.person)
    assert world.status(submission) == "Idle"

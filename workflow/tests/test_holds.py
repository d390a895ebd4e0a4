"""Holds: launches under one are queued, and go on by themselves when it is lifted (W10)."""

import pytest

from campaigns.tests.builders import person
from submissions.registering import register_external
from workflow import holds, launching
from workflow.runs import state_of
from workflow.tasks import run_pass


@pytest.fixture
def stage(world):
    world.dataset("raw", 2)
    return world.stage("reco", dataset="raw")


@pytest.fixture
def scopes(world, stage):
    return {"stage": stage, "campaign": world.campaign, "experiment": world.experiment, "all": None}


@pytest.mark.parametrize("scope", ["stage", "campaign", "experiment", "all"])
def test_a_held_launch_stays_new_and_goes_on_when_the_hold_is_lifted(world, stage, scopes, scope):
    held = holds.hold(scopes[scope], "maintenance", world.person)
    submission = world.launch(stage)

    run_pass()
    assert world.status(submission) == "New"
    assert submission.due_at is None
    assert "held" in world.conclusion(submission)
    assert "maintenance" in world.conclusion(submission)
    assert not submission.attempts.exists()

    holds.release(held, world.person)
    run_pass()
    assert world.status(submission) == "Idle"


def test_it_goes_on_with_everything_it_was_asked_with(world, stage):
    held = holds.hold(stage, "wait", world.person)
    submission = world.launch(stage, test=True, dataset="raw", overrides=[["--x=", "1"]])
    run_pass()

    holds.release(held, world.person)
    run_pass()

    submission.refresh_from_db()
    assert (submission.status, submission.test, submission.dataset) == ("Idle", True, "raw")
    assert "--x=1" in (submission.attempts.get().folder / "script.sh").read_text()


def test_another_stages_hold_holds_nothing_here(world, stage):
    holds.hold(world.stage("other"), "wait", world.person)
    submission = world.launch(stage)

    run_pass()

    assert world.status(submission) == "Idle"


def test_under_two_holds_it_waits_for_both(world, stage):
    one, other = (holds.hold(scope, "wait", world.person) for scope in (stage, None))
    submission = world.launch(stage)
    run_pass()

    holds.release(other, world.person)
    run_pass()
    assert world.status(submission) == "New"

    holds.release(one, world.person)
    run_pass()
    assert world.status(submission) == "Idle"


def test_a_hold_is_lifted_once(world, stage):
    held = holds.hold(stage, "wait", world.person)

    assert holds.release(held, world.person)
    assert not holds.release(held, world.person)


def test_what_follows_from_finished_chains_is_held_too(world, stage):
    plots = world.stage("plots", after=[stage])
    world.completed(stage)
    held = holds.hold(plots, "wait", world.person)
    run_pass()
    assert world.only(plots).status == "New"

    holds.release(held, world.person)
    run_pass()

    assert world.only(plots).status == "Idle"


def test_a_hold_lifted_while_a_launch_is_being_queued_under_it_does_not_leave_it_asleep(
    world, stage, monkeypatch
):
    held = holds.hold(stage, "wait", world.person)
    submission = world.launch(stage)
    find_hold = launching.find_hold

    def find_and_lift(submission):
        found = find_hold(submission)
        holds.release(held, world.person)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(launching, "find_hold", find_and_lift)
        launching.launch_next()
    run_pass()

    assert world.status(submission) == "Idle"


def test_launches_made_outside_are_not_woken(world, stage):
    submission = register_external(stage, world.person)
    held = holds.hold(stage, "wait", world.person)
    holds.release(held, world.person)

    run_pass()

    assert world.status(submission) == "New"
    assert not submission.attempts.exists()


# What a run says of it


@pytest.mark.parametrize("scope", ["stage", "campaign", "experiment", "all"])
def test_a_run_whose_launches_are_held_says_by_what(world, stage, scopes, scope):
    held = holds.hold(scopes[scope], "disks are full", world.person)
    submission = world.launch(stage)
    run_pass()

    state = state_of(submission.run)

    assert state.held
    assert state.reasons == (f"reco: submission {submission.pk} is held ({held})",)
    holds.release(held, world.person)
    run_pass()
    assert not state_of(submission.run).held


def test_a_run_in_which_something_still_moves_is_not_held(world, stage):
    holds.hold(stage, "disks are full", world.person)
    gen = world.stage("gen", stage_type="generator")
    submission = world.launch()
    run_pass()

    state = state_of(submission.run)

    assert not state.held
    assert [reason for reason in state.reasons if "held" in reason]
    assert any(f"gen: submission {world.only(gen).pk} is Idle" in said for said in state.reasons)


def test_the_page_of_a_held_run_says_so(world, stage, client):
    client.force_login(person("boss", is_superuser=True))
    holds.hold(stage, "disks are full", world.person)
    submission = world.launch(stage)
    run_pass()

    page = client.get(f"/runs/{submission.run_id}/state/").content.decode()

    assert ">held</span>" in page
    assert "disks are full" in page

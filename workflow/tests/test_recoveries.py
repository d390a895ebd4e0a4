"""Which recoveries follow a submission, over which files, and when (WORKFLOW W5)."""

from datetime import timedelta

import pytest

from datahandling.handlers.catalogue import Declaration
from submissions.launching import script
from submissions.models import Submission
from workflow import controls, wrapup
from workflow.tasks import run_pass


@pytest.fixture
def raw(world):
    return world.dataset("raw", 6)


def stage_with(world, *kinds, **fields):
    fields = {"dataset": "raw", "completion_pct": 50, "release_at": "located", **fields}
    return world.stage("reco", recoveries=kinds, **fields)


def work(world, submission, **fates):
    """Have the jobs of a submission give each file its fate: done, failed, reserved; else done."""
    while (file := world.catalogue.next_file(f"poms_{submission.pk}", "w")) is not None:
        fate = fates.get(file.name.partition(".")[0], "done")
        if fate in ("done", "childless"):
            if fate == "done":
                world.make(submission, f"{file.name}.{submission.pk}", parents=[file.name])
            world.catalogue.file_done(f"poms_{submission.pk}", file.name, "w")
        elif fate == "failed":
            world.catalogue.file_failed(f"poms_{submission.pk}", file.name, "w")
    world.say(submission, "Completed")


@pytest.fixture
def worked(world, raw):
    """Launch a stage, and have its jobs leave one file of each fate."""

    def worked(stage):
        submission = world.launch(stage)
        run_pass()
        work(world, submission, raw_002="failed", raw_003="reserved", raw_004="childless")
        return submission

    return worked


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("consumed_status", [2, 3]),
        ("process_status", [2, 3]),
        ("delivered_not_consumed", [2, 3]),
        ("state_failed", [2]),
        ("state_not_done", [2, 3]),
        ("pending_files", [2, 3, 4]),
        ("reprocess_orphans", [2, 4]),
        ("reprocess_all", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_each_type_recovers_its_files(world, worked, clock, kind, files):
    stage = stage_with(world, kind)
    submission = worked(stage)

    run_pass()
    clock.shift(timedelta(hours=1))
    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert recovery.original == submission
    assert recovery.dataset == f"poms_recover_{submission.pk}_0"
    assert world.files(recovery.dataset) == [f"raw_00{number}.root" for number in files]


def test_files_added_to_the_dataset_since_are_recovered(world, worked):
    stage = stage_with(world, "added_files")
    worked(stage)
    late = Declaration("raw_late.root", size=1, locations=["file:///x"], datasets=["raw"])
    world.catalogue.declare([late])

    run_pass()

    assert world.files(world.only(stage, cause="recovery").dataset) == ["raw_late.root"]


def test_each_step_is_taken_once_and_in_order(world, worked):
    stage = stage_with(world, "state_failed", "consumed_status")
    submission = worked(stage)

    for _ in range(3):
        run_pass()
        for recovery in world.of(stage, status="Idle"):
            work(world, recovery, raw_002="failed", raw_003="failed")
    run_pass()

    steps = world.of(stage, cause="recovery")
    assert [step.recovery_step for step in steps] == [0, 1]
    assert world.files(steps[0].dataset) == ["raw_002.root"]
    assert world.files(steps[1].dataset) == ["raw_002.root", "raw_003.root"]
    submission.refresh_from_db()
    assert submission.finished_at is not None


def test_a_step_without_files_is_passed_over(world, worked):
    stage = stage_with(world, "added_files", "state_failed")
    submission = worked(stage)

    run_pass()

    assert world.only(stage, cause="recovery").recovery_step == 1
    submission.refresh_from_db()
    assert submission.steps_taken == 2


def test_what_a_recovery_cured_is_not_recovered_again(world, worked):
    stage = stage_with(world, "consumed_status", "state_not_done")
    worked(stage)
    run_pass()
    work(world, world.only(stage, cause="recovery"), raw_003="failed")

    run_pass()

    second = world.only(stage, recovery_step=1)
    assert world.files(second.dataset) == ["raw_003.root"]


def test_an_input_whose_children_are_on_their_way_is_left_alone(world, raw):
    stage = stage_with(world, "state_not_done", completion_pct=10)
    submission = world.launch(stage)
    run_pass()
    file = world.catalogue.next_file(f"poms_{submission.pk}", "w")
    world.make(submission, "child", parents=[file.name], located=False)
    work(world, submission)  # the first file stays reserved

    run_pass()

    assert not world.of(stage, cause="recovery")


def test_a_steps_overrides_come_once_and_over_the_stages(world, worked):
    stage = stage_with(world, "state_failed", param_overrides=[["--memory=", "2000"]])
    worked(stage)
    run_pass()

    recovery = world.only(stage, cause="recovery")

    assert script.plan(recovery).command.count("--memory=4000") == 1
    assert "2000" not in script.plan(recovery).command


def test_a_recovery_has_identity_run_and_test_flag_of_its_original(world, worked):
    stage = stage_with(world, "state_failed")
    submission = worked(stage)
    Submission.objects.filter(pk=submission.pk).update(test=True)

    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert (recovery.creator, recovery.run_id) == (submission.creator, submission.run_id)


def test_no_recovery_begins_while_jobs_may_still_run(world, raw):
    stage = stage_with(world, "state_failed")
    submission = world.launch(stage)
    run_pass()
    world.process(submission, fail=raw[:1])
    controls.kick_to_completed(submission, world.person)
    run_pass()
    assert world.status(submission) == "Located"
    assert not world.of(stage, cause="recovery")
    assert "may still be running" in world.conclusion(submission)

    world.say(submission, "Completed")
    run_pass()

    assert world.only(stage, cause="recovery")


def test_pending_files_waits_for_outputs_on_their_way(world, worked, clock):
    stage = stage_with(world, "pending_files", settle_time=timedelta(minutes=30))
    submission = worked(stage)
    run_pass()
    assert "outputs may be on their way" in world.conclusion(submission)

    clock.shift(timedelta(minutes=29))
    run_pass()
    assert not world.of(stage, cause="recovery")

    clock.shift(timedelta(minutes=2))
    run_pass()
    assert world.only(stage, cause="recovery")


def test_nothing_consumed_at_all_starts_a_recovery_at_once(world, raw):
    stage = stage_with(world, "state_failed")
    submission = world.completed(stage, fail=raw)

    run_pass()

    assert world.status(submission) == "Completed"
    assert world.only(stage, cause="recovery")


def test_what_follows_waits_for_the_recovery(world, worked):
    stage = stage_with(world, "state_failed")
    plots = world.stage("plots", after=[stage])
    worked(stage)
    run_pass()
    assert not world.of(plots)

    work(world, world.only(stage, cause="recovery"))
    run_pass()

    fed = world.files(world.only(plots).dataset)
    assert len(fed) == 4  # three at first, the one that failed later


def test_a_recovery_that_fails_again_lets_the_chain_go_on(world, worked):
    stage = stage_with(world, "state_failed")
    plots = world.stage("plots", after=[stage])
    worked(stage)
    run_pass()
    recovery = world.only(stage, cause="recovery")

    world.say(recovery, "Failed")
    run_pass()

    assert world.only(plots)


def test_cancelling_a_broken_recovery_lets_the_chain_go_on(world, worked):
    stage = stage_with(world, "state_failed")
    plots = world.stage("plots", after=[stage])
    submission = worked(stage)
    run_pass()
    recovery = world.only(stage, cause="recovery")
    Submission.objects.filter(pk=recovery.pk).update(status="LaunchFailed", jobsub_job_id="")
    recovery.refresh_from_db()
    run_pass()
    assert not world.of(plots)

    controls.cancel(recovery, world.person)
    run_pass()

    assert world.only(plots)
    submission.refresh_from_db()
    assert submission.finished_at is not None


# a person's recoveries


def test_a_persons_recovery_of_an_open_chain_belongs_to_it(world, worked):
    stage = stage_with(world, release_at="percentage", completion_pct=60)
    plots = world.stage("plots", after=[stage])
    submission = worked(stage)
    run_pass()
    assert world.status(submission) == "Located"

    recovery = controls.recover(submission, "state_failed", world.person)
    run_pass()
    work(world, recovery)
    run_pass()

    assert recovery.original == submission
    assert len(world.files(world.only(plots).dataset)) == 4


def test_a_persons_recovery_of_a_finished_chain_is_a_chain_of_its_own(world, worked):
    stage = stage_with(world)
    plots = world.stage("plots", after=[stage])
    submission = worked(stage)
    run_pass()
    assert len(world.of(plots)) == 1

    recovery = controls.recover(submission, "state_failed", world.person)
    run_pass()
    work(world, recovery)
    run_pass()

    assert (recovery.original, recovery.run_id) == (None, submission.run_id)
    assert str(recovery.pk) in recovery.dataset
    first, second = world.of(plots)
    assert not set(world.files(first.dataset)) & set(world.files(second.dataset))


def test_a_person_recovers_nothing_while_jobs_may_run_or_where_nothing_is_missing(world, raw):
    stage = stage_with(world)
    submission = world.launch(stage)
    run_pass()
    submission.refresh_from_db()
    with pytest.raises(controls.Refused, match="may still be running"):
        controls.recover(submission, "state_failed", world.person)

    world.finish(submission)
    with pytest.raises(controls.Refused, match="No recovery needed, launch skipped"):
        controls.recover(submission, "state_failed", world.person)


def test_a_persons_recovery_is_not_overlooked_by_a_chain_that_is_just_finishing(
    world, worked, monkeypatch
):
    stage = stage_with(world)
    plots = world.stage("plots", after=[stage])
    submission = worked(stage)
    settle = wrapup.settle

    def settle_too_late(claimed, step):
        monkeypatch.setattr(wrapup, "settle", settle)
        submission.refresh_from_db()
        controls.recover(submission, "state_failed", world.person)
        return settle(claimed, step)

    monkeypatch.setattr(wrapup, "settle", settle_too_late)
    run_pass()
    assert not world.of(plots)

    work(world, world.only(stage, cause="recovery"))
    run_pass()

    assert len(world.files(world.only(plots).dataset)) == 4

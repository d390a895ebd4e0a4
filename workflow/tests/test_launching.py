"""From New into the batch: one attempt at a time (WORKFLOW W9; see test_fence for the fence)."""

from datetime import timedelta

import pytest

from datahandling.base import Unknown
from submissions.launchers import LAUNCHERS, CannotStart, ScriptState, ScriptStatus
from submissions.launching.leave import NoLeave, grant, start_attempt
from submissions.reports.reading import Report
from submissions.reports.recording import record
from workflow import controls
from workflow.launching import MAX_ATTEMPTS
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand


class Slow(ByHand):
    """Scripts that submit nothing by themselves: the test says how each ends."""

    ended = None  # exit code; None: it is still running

    def start(self, folder):
        pass

    def status(self, folder):
        state = ScriptState.RUNNING if self.ended is None else ScriptState.ENDED
        return ScriptStatus(state, self.ended)


@pytest.fixture
def slow(monkeypatch, batch):
    class SlowHere(Slow):
        pass

    monkeypatch.setitem(LAUNCHERS, "local", SlowHere)
    return SlowHere


@pytest.fixture
def stage(world):
    world.dataset("raw", 2)
    return world.stage("reco", dataset="raw")


def token(submission):
    return (submission.attempts.last().folder / "launch-token").read_text()


def test_a_launch_makes_project_and_script_before_it_starts(world, stage):
    submission = world.launch(stage)

    run_pass()

    submission.refresh_from_db()
    assert (submission.status, submission.attempt) == ("Idle", 1)
    assert submission.project == f"poms_{submission.pk}"
    assert world.catalogue.project(submission.project).files == 2
    folder = submission.attempts.get().folder
    assert "poms submit" in (folder / "script.sh").read_text()
    for name in ("launch-token", "job-token", "script.sh"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert token(submission) not in (folder / "script.sh").read_text()


def test_a_generator_has_no_project(world):
    submission = world.launch(world.stage("gen", stage_type="generator"))

    run_pass()

    submission.refresh_from_db()
    assert (submission.status, submission.project) == ("Idle", "")


def test_leave_is_granted_once_per_attempt(world, stage, slow):
    submission = world.launch(stage)
    run_pass()

    attempt = grant(submission.pk, token(submission))

    assert attempt.deadline > attempt.leave_at
    with pytest.raises(NoLeave, match="had its leave already"):
        grant(submission.pk, token(submission))


@pytest.mark.parametrize("wrong", ["", "nonsense"])
def test_no_leave_without_the_attempts_token(world, stage, slow, wrong):
    submission = world.launch(stage)
    run_pass()

    with pytest.raises(NoLeave, match="not the current attempt"):
        grant(submission.pk, wrong)


def test_no_leave_for_an_older_attempt(world, stage, slow):
    submission = world.launch(stage)
    run_pass()
    old = token(submission)
    submission.refresh_from_db()
    start_attempt(submission, submission.attempts.get())

    with pytest.raises(NoLeave, match="not the current attempt"):
        grant(submission.pk, old)


def test_no_leave_once_a_person_ended_it(world, stage, slow):
    submission = world.launch(stage)
    run_pass()
    submission.refresh_from_db()
    controls.cancel(submission, world.person)

    with pytest.raises(NoLeave, match="is Cancelled, not New"):
        grant(submission.pk, token(submission))


def test_a_script_that_still_runs_is_waited_for(world, stage, slow, clock):
    submission = world.launch(stage)
    for _ in range(5):
        run_pass()
        clock.shift(timedelta(minutes=20))

    assert world.status(submission) == "New"
    assert submission.attempts.count() == 1


def test_a_script_that_ends_without_a_job_id_is_launch_failed_and_says_why(
    world, stage, slow, clock
):
    submission = world.launch(stage)
    run_pass()
    slow.ended = 3
    clock.shift(timedelta(minutes=1))

    run_pass()

    assert world.status(submission) == "LaunchFailed"
    assert world.conclusion(submission) == "attempt 1 ended with code 3 and no job id"


def test_a_late_report_revives_it(world, stage, slow, clock):
    submission = world.launch(stage)
    run_pass()
    slow.ended = 3
    clock.shift(timedelta(minutes=1))
    run_pass()

    record([Report(submission.pk, "Running", jobsub_job_id="7@late", source="agent")])

    assert world.status(submission) == "Running"
    assert submission.jobsub_job_id == "7@late"


def test_jobs_found_in_the_batch_are_recorded_though_nobody_reported_them(
    world, stage, slow, clock, batch
):
    submission = world.launch(stage)
    run_pass()
    slow.ended = -9
    batch[submission.pk] = 1
    clock.shift(timedelta(minutes=1))

    run_pass()

    assert world.status(submission) == "Idle"
    assert submission.jobsub_job_id == f"{submission.pk}@hand"


def test_a_relaunch_is_the_next_attempt_of_the_same_submission(world, stage, slow, clock):
    submission = world.launch(stage)
    run_pass()
    slow.ended = 3
    clock.shift(timedelta(minutes=1))
    run_pass()
    submission.refresh_from_db()

    again = controls.relaunch(submission, world.person)
    run_pass()

    assert again.pk == submission.pk
    submission.refresh_from_db()
    assert (submission.status, submission.attempt) == ("New", 2)


def test_a_relaunch_waits_until_the_last_attempt_can_no_longer_submit(world, stage, slow, clock):
    submission = world.launch(stage)
    run_pass()
    attempt = grant(submission.pk, token(submission))
    slow.ended = 3
    clock.shift(timedelta(seconds=10))
    run_pass()
    assert world.status(submission) == "New"
    assert "had leave until" in world.conclusion(submission)

    clock.move_to(attempt.deadline + timedelta(minutes=1))
    run_pass()
    assert world.status(submission) == "LaunchFailed"


def test_a_job_id_that_only_the_agent_knew_is_enough(world, stage, slow):
    submission = world.launch(stage)
    run_pass()
    record([Report(submission.pk, "New", jobsub_job_id="8@x", source="wrapper")])
    submission.refresh_from_db()
    submission.due_at = submission.created
    submission.save(update_fields=["due_at"])

    run_pass()

    assert world.status(submission) == "Idle"


def test_a_launcher_that_can_not_start_is_named(world, stage, slow, monkeypatch):
    def refuse(self, folder):
        raise CannotStart("the local launcher is off")

    monkeypatch.setattr(slow, "start", refuse)
    submission = world.launch(stage)

    run_pass()

    assert world.status(submission) == "LaunchFailed"
    assert submission.history.last().note == "the local launcher is off"


def test_an_unknown_placeholder_or_dataset_is_named(world, stage):
    stage.param_overrides = [["--x=", "%(nosuch)s"]]
    stage.save()
    strange = world.launch(stage)
    missing = world.launch(stage, dataset="nosuch")

    run_pass()

    assert world.status(strange) == world.status(missing) == "LaunchFailed"
    assert "nosuch" in world.conclusion(strange)
    assert "nosuch" in world.conclusion(missing)


def test_without_an_answer_whether_the_batch_has_it_nobody_launches(
    world, stage, slow, clock, monkeypatch
):
    def silence(self, submission):
        raise Unknown("the batch is silent")

    monkeypatch.setattr(slow, "find_jobs", silence)
    submission = world.launch(stage)
    run_pass()
    slow.ended = -9
    for _ in range(4):
        clock.shift(timedelta(minutes=20))
        run_pass()

    submission.refresh_from_db()
    assert (submission.status, submission.attempt) == ("New", 1)
    assert "the batch is silent" in world.conclusion(submission)


def test_lost_attempts_are_repeated_a_few_times(world, stage, slow, clock):
    submission = world.launch(stage)
    slow.ended = -9
    for _ in range(12):
        run_pass()
        clock.shift(timedelta(minutes=20))

    submission.refresh_from_db()
    assert (submission.status, submission.attempt) == ("LaunchFailed", MAX_ATTEMPTS)


def test_a_campaign_is_launched_at_the_stages_that_nobody_feeds(world):
    one, other = (world.stage(name, stage_type="generator") for name in ("one", "other"))
    world.stage("fed", after=[one])

    world.launch()

    assert world.only(one).run_id == world.only(other).run_id


def test_launching_the_same_twice_runs_the_same_command(world, stage):
    """No list grows with each launch (DOMAIN 12.1 #21)."""
    stage.merge_overrides = True
    stage.param_overrides = [["--x=", "1"]]
    stage.save()
    world.campaign.defaults = {"param_overrides": [["--y=", "2"]]}
    world.campaign.save()
    scripts = []
    for _ in range(2):
        submission = world.launch(stage)
        run_pass()
        scripts.append((submission.attempts.get().folder / "script.sh").read_text())

    commands = [[line for line in text.splitlines() if "--x=1" in line] for text in scripts]
    assert commands[0] == commands[1] != []

"""Schedules: a launch at each tick, once, whatever happens in between (WORKFLOW W10)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from submissions.models import Pass, Run, Submission
from workflow import scheduling
from workflow.models import Schedule
from workflow.tasks import run_pass

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(world):
    world.dataset("raw", 3)
    return world.stage("reco", dataset="raw")


@pytest.fixture
def hourly(world, stage, clock):
    world.person.is_superuser = True
    world.person.save()
    return scheduling.schedule(world.campaign, stage, "0 * * * *", world.person)


def test_it_launches_at_its_ticks_and_not_before(world, stage, hourly, clock):
    clock.shift(timedelta(minutes=59))
    run_pass()
    assert not world.of(stage)

    clock.shift(timedelta(minutes=1))
    run_pass()
    launched = world.only(stage)
    assert (launched.cause, launched.run.origin) == ("schedule", "schedule")

    clock.shift(HOUR)
    run_pass()
    assert len(world.of(stage)) == 2


def test_ticks_missed_while_poms_was_down_become_one(world, stage, hourly, clock):
    clock.shift(27 * HOUR)

    run_pass()

    assert len(world.of(stage)) == 1
    hourly.refresh_from_db()
    assert hourly.next_tick == hourly.due_at > scheduling.timezone.now()


def test_a_tick_launches_once_however_often_it_is_looked_at(world, stage, hourly, clock):
    clock.shift(HOUR)
    due = Schedule.objects.get()
    scheduling.tick_next()
    Schedule.objects.update(next_tick=due.next_tick, due_at=due.due_at)

    with pytest.raises(scheduling.AlreadyHappened):
        scheduling._launch(due, due.next_tick)
    assert len(world.of(stage)) == 1


def test_a_crash_before_the_launch_is_written_loses_no_tick(world, stage, hourly, clock, settings):
    clock.shift(HOUR)
    Schedule.objects.all().claim(settings.LEASE)  # and then it dies

    run_pass()
    assert not world.of(stage)

    clock.shift(settings.LEASE)
    run_pass()
    assert len(world.of(stage)) == 1


def test_a_whole_campaign_is_launched_in_one_run(world, stage, clock):
    world.person.is_superuser = True
    world.person.save()
    other = world.stage("other", stage_type="generator")
    scheduling.schedule(world.campaign, None, "0 * * * *", world.person)
    clock.shift(HOUR)

    run_pass()

    assert world.only(stage).run_id == world.only(other).run_id
    assert Run.objects.count() == 1


def test_each_tick_takes_the_next_slice(world, stage, hourly, clock):
    stage.split_type = "nfiles(2)"
    stage.save()
    for _ in range(2):
        clock.shift(HOUR)
        run_pass()

    assert [len(world.files(s.dataset)) for s in world.of(stage)] == [2, 1]


def test_an_exhausted_split_ends_its_schedule_where_the_stage_says_so(world, stage, hourly, clock):
    stage.split_type = "nfiles(2)"
    stage.save()
    for _ in range(3):
        clock.shift(HOUR)
        run_pass()

    hourly.refresh_from_db()
    assert (hourly.active, hourly.due_at) == (False, None)
    assert "No more splits" in hourly.note


def test_else_it_goes_on_and_looks_again_at_its_next_tick(world, stage, hourly, clock):
    stage.split_type = "drainingn(3)"
    stage.clear_schedule_when_exhausted = False
    stage.save()
    for _ in range(2):
        clock.shift(HOUR)
        run_pass()
    assert len(world.of(stage)) == 1
    assert Schedule.objects.get().active

    world.dataset("raw", 4)
    clock.shift(HOUR)
    run_pass()

    assert len(world.of(stage)) == 2


def test_without_a_clear_answer_the_tick_is_kept(world, stage, hourly, clock, service):
    stage.split_type = "nfiles(2)"
    stage.save()
    clock.shift(HOUR)
    service.reachable = False
    run_pass()
    assert not world.of(stage)
    assert not Pass.objects.exclude(position=None).exists()

    service.reachable = True
    clock.shift(timedelta(minutes=2))
    run_pass()

    assert world.only(stage)


def test_a_launch_that_makes_no_sense_is_noted_and_the_schedule_goes_on(world, clock):
    world.person.is_superuser = True
    world.person.save()
    stage = world.stage("nothing to run on")
    row = scheduling.schedule(world.campaign, stage, "0 * * * *", world.person)
    clock.shift(HOUR)

    run_pass()

    row.refresh_from_db()
    assert row.active
    assert "has no dataset of its own" in row.note
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("", "it has 0 fields, not five"),
        ("every day", "it has 2 fields, not five"),
        ("* * * * * *", "it has 6 fields, not five"),
        ("61 * * * *", "bad minute"),
        ("0 noon * * *", "bad hour"),
        ("0 3 0 * *", "bad day-of-month"),
        ("0 3 30 2 *", "bad day-of-month"),
        ("0 3 * 13 *", "bad month"),
        ("0 3 * * 8", "bad day-of-week"),
    ],
)
def test_what_is_no_cron_line_is_refused_with_the_fault_and_an_example(world, stage, line, wrong):
    with pytest.raises(ValidationError) as refused:
        scheduling.schedule(world.campaign, stage, line, world.person)

    [message] = refused.value.messages
    assert message.startswith(f"{line!r} is no cron line ({wrong}): give minute, hour, ")
    assert message.endswith("such as 0 3 * * *")

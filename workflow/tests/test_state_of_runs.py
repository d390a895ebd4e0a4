"""A run's state: in few words however much is open, and right while the engine is at work."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from submissions.models import Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from workflow import runs
from workflow.joins import ripen_next
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of, states_of
from workflow.tasks import TASKS, run_pass

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act):
    """Do it in a thread with a connection of its own, to the end."""

    def _act():
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=_act)
    thread.start()
    thread.join()


def test_a_join_that_fires_while_somebody_asks_does_not_make_the_run_seem_done(world, monkeypatch):
    gen = world.stage("gen", stage_type="generator")
    merge = world.stage("merge", after=[gen], join=True)
    [launched] = request_campaign_launch(world.campaign, Wish(who=world.person))
    run_pass()
    world.generate(launched, 2)
    world.say(launched, "Completed")
    monkeypatch.delitem(TASKS, "joins")
    run_pass()
    walks = runs._walks

    def _walks_after_the_join_fired(wanted):
        elsewhere(ripen_next)
        return walks(wanted)

    monkeypatch.setattr(runs, "_walks", _walks_after_the_join_fired)

    assert state_of(launched.run).state == State.RUNNING
    assert Submission.objects.filter(stage=merge).exists()


@pytest.fixture
def members(world):
    """Put submissions in these statuses into one run."""
    stage = world.stage("gen", stage_type="generator")
    run = Run.objects.create(campaign=world.campaign, creator=world.person)

    def put(*statuses, **fields):
        made = [register(stage, run, Cause.PERSON, creator=world.person) for _ in statuses]
        for each, status in zip(made, statuses, strict=True):
            Submission.objects.filter(pk=each.pk).update(status=status, **fields)
        return made

    return put


def test_a_run_names_what_broke_it_first_and_counts_what_it_does_not_name(members):
    *moving, broken = members("Running", "Idle", "Running", "Failed")

    state = states_of([broken.run_id], most=2)[broken.run_id]

    assert state.state == State.RUNNING
    assert state.reasons == (
        f"gen: submission {broken.pk} is Failed",
        f"gen: submission {moving[0].pk} is Running",
    )
    assert state.more == 2


def test_each_run_names_reasons_of_its_own(world, members):
    first = members("Failed", "Failed")[0].run
    other = Run.objects.create(campaign=world.campaign, creator=world.person)
    theirs = members("Failed", run=other)

    states = states_of([first.pk, other.pk], most=1)

    assert states[other.pk].reasons == (f"gen: submission {theirs[0].pk} is Failed",)
    assert (states[first.pk].more, states[other.pk].more) == (1, 0)


def test_a_run_moves_as_long_as_one_of_many_does_though_only_broken_ones_are_named(members):
    run = members("Failed", "Failed", "Failed", "Running")[0].run

    assert states_of([run.pk], most=1)[run.pk].state == State.RUNNING


def test_an_original_whose_recovery_is_broken_waits_for_a_person(members):
    [original] = members("Completed", due_at=None)
    [recovery] = members("Failed", original=original, cause=Cause.RECOVERY)

    state = state_of(original.run)

    assert state.state == State.BROKEN
    assert state.reasons == (f"gen: submission {recovery.pk} is Failed",)
    Submission.objects.filter(pk=original.pk).update(due_at=timezone.now())
    assert state_of(original.run).state == State.RUNNING


def test_the_state_of_a_run_loads_few_submissions_however_many_are_open(members, monkeypatch):
    run = members(*["Running"] * 30)[0].run
    loaded = []
    from_db = Submission.from_db.__func__
    monkeypatch.setattr(
        Submission,
        "from_db",
        classmethod(lambda cls, *row: loaded.append(cls) or from_db(cls, *row)),
    )

    state = states_of([run.pk], most=3)[run.pk]

    assert (len(loaded), state.more) == (3, 27)


def test_on_data_dispatcher_a_reason_has_the_word_that_pages_show(world):
    stage = world.stage("gen", stage_type="generator")
    world.campaign.data_handler = "data_dispatcher"
    world.campaign.save()
    stage.refresh_from_db()
    run = Run.objects.create(campaign=world.campaign, creator=world.person)
    running, failed = (register(stage, run, Cause.PERSON) for _ in range(2))
    Submission.objects.filter(pk=running.pk).update(status="Running")
    Submission.objects.filter(pk=failed.pk).update(status="Failed")

    assert set(state_of(run).reasons) == {
        f"gen: submission {failed.pk} is Completed with failures (Failed)",
        f"gen: submission {running.pk} is Created (Running)",
    }

"""A run's state while the engine is at work on it."""

import threading

import pytest
from django.db import connection

from submissions.models import Submission
from workflow import runs
from workflow.joins import ripen_next
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of
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

"""A pass by several processes does what one does, once."""

import os
import signal

import pytest
from django.core.management import CommandError, call_command

from submissions.models import Submission, SubmissionHistory
from workflow import workers
from workflow.requesting import Wish, request_launch
from workflow.tasks import run_pass
from workflow.workers import run_pass_in

pytestmark = pytest.mark.django_db(transaction=True)

CHAINS = 12


@pytest.fixture
def completed(world):
    """Chains whose output is all there, and a stage that they feed."""
    gen = world.stage("gen", stage_type="generator")
    world.stage("reco", after=[gen])
    these = [request_launch(gen, Wish(who=world.person)) for _ in range(CHAINS)]
    run_pass()
    for submission in these:
        world.generate(submission, 2)
        world.say(submission, "Completed")
    return these


def test_each_of_several_processes_does_its_part_and_nothing_twice(completed):
    done = run_pass_in(3)

    assert done["completed"] == CHAINS
    assert done["launches"] == CHAINS
    located = SubmissionHistory.objects.filter(submission__in=completed, status="Located")
    assert located.count() == CHAINS
    assert Submission.objects.filter(stage__name="reco").count() == CHAINS


def test_cron_may_ask_for_them(completed, capsys):
    call_command("wrapup_tasks", processes=2, json=True)

    assert f'"completed": {CHAINS}' in capsys.readouterr().out


def test_one_that_dies_is_told_of_and_what_it_had_claimed_is_done_later(completed, monkeypatch):
    here, run = os.getpid(), workers.run_pass

    def die_elsewhere(**how):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(**how)

    monkeypatch.setattr(workers, "run_pass", die_elsewhere)

    with pytest.raises(RuntimeError, match="one of the processes of this pass failed"):
        run_pass_in(2)

    assert Submission.objects.filter(status="Located").count() == CHAINS


def test_no_process_is_too_few():
    with pytest.raises(CommandError, match="at least 1"):
        call_command("wrapup_tasks", "--processes", "0")


def test_how_much_is_done_is_of_one_process():
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("wrapup_tasks", "--processes", "2", "--limit", "5")

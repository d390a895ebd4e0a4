"""What belongs together is written together: a crash in between would leave half of it."""

import pytest

from submissions.models import Submission
from workflow import passes
from workflow.requesting import Wish, request_campaign_launch
from workflow.tasks import TASKS, run_pass


class PowerCut(BaseException):
    """Nobody catches it."""


def test_a_slice_is_handed_out_and_its_pass_put_to_rest_at_once(world, monkeypatch):
    gen = world.stage("gen", stage_type="generator")
    work = world.stage("work", after=[gen], split_type="nfiles(1)")
    [launched] = request_campaign_launch(world.campaign, Wish(who=world.person))
    run_pass()
    world.generate(launched, 2)
    world.say(launched, "Completed")
    monkeypatch.delitem(TASKS, "passes")
    run_pass()

    def cut(walk):
        raise PowerCut

    monkeypatch.setattr(passes, "_put_down", cut)
    with pytest.raises(PowerCut):
        passes.walk_next()

    assert not Submission.objects.filter(stage=work).exists()

"""One pass over everything: what fails as nobody foresaw keeps nothing else from being done."""

import pytest

from submissions.launchers import LAUNCHERS
from submissions.models import Submission
from workflow.requesting import Wish, request_launch
from workflow.tasks import run_pass


@pytest.fixture
def two_launches(world):
    stage = world.stage("gen", stage_type="generator")
    return [request_launch(stage, Wish(who=world.person)) for _ in range(2)]


def break_for(submission, error, batch, monkeypatch):
    launcher = LAUNCHERS["local"]

    class Breaks(launcher):
        def start(self, folder):
            if folder.parent.name == str(submission.pk):
                raise error
            super().start(folder)

    monkeypatch.setitem(LAUNCHERS, "local", Breaks)


def test_a_unit_that_fails_is_logged_and_the_others_are_done(
    two_launches, batch, monkeypatch, caplog
):
    break_for(two_launches[0], ZeroDivisionError("odd"), batch, monkeypatch)

    run_pass(survive=True)

    assert [row.status for row in Submission.objects.order_by("pk")] == ["New", "Idle"]
    assert "a unit of the task launches failed" in caplog.text


def test_what_failed_stays_claimed_so_that_a_pass_ends(two_launches, batch, monkeypatch):
    break_for(two_launches[0], ZeroDivisionError("odd"), batch, monkeypatch)

    assert run_pass(survive=True)["launches"] == 2
    assert run_pass(survive=True)["launches"] == 0


def test_a_launch_host_in_trouble_is_tried_again_and_says_so(two_launches, batch, monkeypatch):
    break_for(two_launches[0], OSError("No space left on device"), batch, monkeypatch)

    run_pass()

    (decision,) = two_launches[0].decisions.all()
    assert "No space left on device" in decision.conclusion
    assert Submission.objects.get(pk=two_launches[0].pk).status == "New"

"""Aborting a launch on this machine: the whole process group goes, and nothing else."""

import time

import pytest
from django.utils import timezone

from submissions.launchers import LAUNCHERS
from submissions.launchers.local import LocalLauncher
from submissions.models import Submission
from workflow import controls
from workflow.controls import Refused
from workflow.tasks import run_pass


@pytest.fixture
def launched(world, settings, monkeypatch):
    """A launch that hangs, on this machine."""
    settings.LOCAL_LAUNCHER = True
    monkeypatch.setitem(LAUNCHERS, "local", LocalLauncher)
    stage = world.stage("gen", stage_type="generator")
    stage.job_type.launch_script = "sleep 1000 & echo begun; sleep 1000"
    stage.job_type.save()
    submission = world.launch(stage)
    run_pass()
    submission.refresh_from_db()
    return submission


def until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_it_ends_as_launch_failed_and_is_not_tried_again(world, launched):
    folder = launched.attempts.get().folder
    until(lambda: (folder / "log").exists() and "begun" in (folder / "log").read_text())

    controls.abort_launch(launched, world.person)

    until((folder / "exit").exists)
    Submission.objects.filter(pk=launched.pk).update(due_at=timezone.now())
    run_pass()
    launched.refresh_from_db()
    assert (launched.status, launched.attempt) == ("LaunchFailed", 1)
    with pytest.raises(Refused, match="unable to abort launch: none is under way"):
        controls.abort_launch(launched, world.person)

"""``poms``, as people say it, to this very POMS."""

import subprocess
import sys

import pytest

from campaigns.models import ApiToken, Experimenter
from poms_client import cli
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch):
    asked = []
    monkeypatch.setattr(ByHand, "control", lambda self, act, pk: asked.append((act, pk)) or "")
    return asked


@pytest.fixture
def submissions(world):
    """Submissions of a stage: Idle and Running."""
    stage = world.stage("gen", stage_type="generator")
    made = [world.launch(stage) for _ in range(2)]
    run_pass()
    world.say(made[1], "Running")
    return made


@pytest.fixture
def say(live_server, monkeypatch, capsys):
    root = Experimenter.objects.create_superuser("root", password="x")
    _, token = ApiToken.objects.create(root, scopes=["read", "launch"])
    monkeypatch.setenv("POMS_URL", live_server.url)
    monkeypatch.setenv("POMS_TOKEN", token)

    def say(*arguments):
        argv = ["poms", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(argv, ended.value.code, said.out, said.err)

    return say


def test_jobs_are_held_and_killed_by_campaign_and_number(world, submissions, asked, say):
    first, second = submissions

    held = say("hold", "--campaign", world.campaign.name)
    killed = say("kill", second.pk)

    assert held.stdout == f"held {first.pk}\nheld {second.pk}\n", held.stderr
    assert killed.stdout == f"killed {second.pk}\n", killed.stderr
    assert asked == [("hold", first.pk), ("hold", second.pk), ("kill", second.pk)]
    assert say("kill", second.pk).returncode == 3  # 409: it is over


def test_what_is_over_is_watched_to_its_end(submissions, asked, say):
    second = submissions[1]
    say("kill", second.pk)
    run_pass()

    watched = say("watch", second.pk, "--every", 0.01)

    assert watched.returncode == 1
    assert "Removed" in watched.stdout

"""``poms``, as people say it, to this very POMS."""

import json
import stat
import subprocess
import sys

import pytest

from campaigns.models import ApiToken, Campaign, Experimenter
from poms_client import cli
from submissions.models import Submission
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


# uploaded files

ODD = 'größe 100% "it\'s" & (1).txt'


@pytest.fixture
def desk(tmp_path, monkeypatch, settings, world):
    """A folder to say ``poms`` in, with two files."""
    settings.DATA_DIR = tmp_path / "var"
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "a.fcl").write_bytes(b"one\r\n--\x00\xff")
    (desk / ODD).write_bytes(b"two")
    monkeypatch.chdir(desk)
    return desk


def test_files_come_back_as_they_were_uploaded(desk, say):
    sent = say("upload", desk / "a.fcl", ODD)
    assert sent.stdout == f"uploaded a.fcl, 9 bytes\nuploaded {ODD}, 3 bytes\n"
    for name in ("a.fcl", ODD):
        back = say("download", name, "--to", desk / "back")
        assert back.stdout.startswith(f"wrote {desk / 'back'}, "), back.stderr
        assert (desk / "back").read_bytes() == (desk / name).read_bytes()
        assert stat.S_IMODE((desk / "back").stat().st_mode) == 0o600
        (desk / "back").unlink()


def test_files_are_listed_and_removed(desk, say):
    say("upload", "a.fcl", ODD)

    assert "12 of 10,485,760 bytes, 0%" in say("uploads").stdout
    files = json.loads(say("uploads", "--json").stdout)["files"]
    assert [file["name"] for file in files] == ["a.fcl", ODD]
    assert say("uploads", "rm", ODD, "a.fcl").stdout == f"removed {ODD}\nremoved a.fcl\n"
    assert json.loads(say("uploads", "--json").stdout)["files"] == []
    assert say("uploads", "rm", ODD).returncode == 3


def test_what_was_removed_before_a_mistake_is_said(desk, say):
    say("upload", "a.fcl", ODD)

    done = say("uploads", "rm", "a.fcl", "nosuch", ODD)

    assert (done.returncode, done.stdout) == (3, "removed a.fcl\n")
    assert "nosuch" in done.stderr
    assert ODD in say("uploads").stdout


def test_a_file_that_is_there_is_not_written_over(desk, say):
    say("upload", "a.fcl")

    done = say("download", "a.fcl")

    assert done.returncode == 2
    assert "is there already: name another --to" in done.stderr


def test_what_can_not_be_uploaded_is_said(desk, say):
    (desk / "large").write_bytes(b"x" * (10 * 2**20 + 1))
    (desk / ".hidden").write_bytes(b"x")

    assert "can't be read: No such file" in say("upload", "no such").stderr
    assert "larger than the 10,485,760 bytes" in say("upload", "large").stderr
    assert "two of the files" in say("upload", "a.fcl", desk / "a.fcl").stderr
    refused = say("upload", "a.fcl", ".hidden")
    assert refused.returncode == 2
    assert "can't be the name of a file in POMS" in refused.stderr
    assert json.loads(say("uploads", "--json").stdout)["files"] == []


def test_a_submission_that_is_not_there_is_said_to_be_none(say, world):
    said = say("show", 999)

    assert "there is no submission 999 that you may see" in said.stderr
    assert said.returncode == 3


# names


@pytest.fixture
def stages(world):
    """Stages called ``gen`` and, in digits, ``2024``; and a campaign called ``2025``."""
    fields = {"experiment": world.experiment, "creator": world.person}
    Campaign.objects.create(name="2025", **fields)
    return {name: world.stage(name, stage_type="generator") for name in ("gen", "2024")}


@pytest.mark.parametrize(
    "elsewhere",
    [["--campaign", "nosuch"], ["--campaign", "2025", "--experiment", "demo"]],
)
def test_a_number_that_is_elsewhere_launches_nothing(stages, say, elsewhere):
    done = say("launch", stages["gen"].pk, *elsewhere)

    assert done.returncode == 2
    assert "there is no stage" in done.stderr
    assert not Submission.objects.exists()


def test_stages_and_campaigns_go_by_names_of_digits_and_by_numbers(world, stages, say):
    say("launch", "2024", "--campaign", "mc")
    say("launch", "gen", "--campaign", world.campaign.pk)

    launched = Submission.objects.order_by("pk").values_list("stage__name", flat=True)
    assert list(launched) == ["2024", "gen"]
    assert "2024" in say("stages", "--campaign", world.campaign.pk).stdout
    assert say("stages", "--campaign", "2025").returncode == 2
    assert say("stages", "--campaign", "2025", "--experiment", "demo").returncode == 0

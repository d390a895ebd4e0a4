"""An analyst's launch finds its owner's files in ``$UPLOADS``, and they go with it."""

import hashlib
import stat
import time

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Membership
from campaigns.tests.builders import person
from submissions.launchers import LAUNCHERS, LocalLauncher, ScriptState
from submissions.models import Submission
from submissions.shelves import Sent, Shelf
from workflow.tasks import run_pass

NAMES = ["a.fcl", 'it\'s $(touch owned) `x` "y".txt']


@pytest.fixture
def ana(world):
    return person("ana", "analysis", of="demo")


@pytest.fixture
def shelf(world, ana):
    shelf = Shelf(world.experiment, ana)
    shelf.keep([Sent(name, [name.encode()]) for name in NAMES])
    return shelf


@pytest.fixture
def launch(world, ana):
    """Launch an analyst's stage that runs ``program``; return its submission."""

    def launch(program="true", creator=ana, creator_role="analysis"):
        stage = world.stage("gen", stage_type="generator")
        stage.creator, stage.creator_role = creator, creator_role
        stage.vo_role = creator_role.capitalize()
        stage.save()
        stage.job_type.launch_script = program
        stage.job_type.save()
        return go_on(world.launch(stage))

    return launch


def go_on(submission):
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    run_pass()
    submission.refresh_from_db()
    return submission


@pytest.fixture
def here(world, monkeypatch, settings):
    """Have scripts run for real."""
    settings.LOCAL_LAUNCHER = True
    monkeypatch.setitem(LAUNCHERS, "local", LocalLauncher)


def ended(submission, seconds=20):
    """Wait for the end of its script; return what it said."""
    folder = submission.attempts.get().folder
    end = time.monotonic() + seconds
    while LocalLauncher(submission).status(folder).state != ScriptState.ENDED:
        assert time.monotonic() < end
        time.sleep(0.02)
    return (folder / "log").read_text()


def test_a_launch_has_a_private_copy_of_the_owners_files(shelf, launch):
    submission = launch()

    folder = submission.attempts.get().folder / "uploads"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: name.encode() for name in NAMES
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert f"export UPLOADS={folder}\n" in (folder.parent / "script.sh").read_text()


def test_what_it_had_is_known_later_by_name_and_digest(shelf, launch, world):
    submission = launch()
    shelf.keep([Sent("a.fcl", [b"changed"])])
    shelf.remove(NAMES[1:])

    used = submission.attempts.get().uploads
    assert used == [
        {"name": name, "size": len(name), "sha256": hashlib.sha256(name.encode()).hexdigest()}
        for name in NAMES
    ]
    Membership.objects.create(
        experimenter=world.person, experiment=world.experiment, role="production"
    )
    client = Client()
    client.force_login(world.person)
    [log] = client.get(f"/api/v1/submissions/{submission.pk}/launch-log/").json()
    assert log["uploads"] == used
    page = client.get(f"/submissions/{submission.pk}/log/").text
    assert used[0]["sha256"] in page


def test_the_files_are_the_owners_whoever_launches(shelf, launch, world):
    Shelf(world.experiment, world.person).keep([Sent("launchers", [b"x"])])

    submission = launch()

    assert submission.creator == world.person
    assert [file["name"] for file in submission.attempts.get().uploads] == NAMES


def test_a_launch_of_the_production_team_has_its_home(shelf, launch, world):
    submission = launch(creator=world.person, creator_role="production")

    folder = submission.attempts.get().folder
    assert not (folder / "uploads").exists()
    assert 'export UPLOADS="$HOME"\n' in (folder / "script.sh").read_text()


def test_a_launch_waits_while_a_file_is_damaged_and_says_what_to_do(shelf, launch, world):
    shelf.path_of("a.fcl").write_bytes(b"something else")

    submission = launch()
    assert (submission.status, submission.attempt) == ("New", 0)
    assert "a.fcl of ana is damaged: upload it again" in world.conclusion(submission)

    shelf.keep([Sent("a.fcl", [b"good"])])
    assert go_on(submission).status == "Idle"


def test_the_script_finds_them_and_they_go_with_it(here, shelf, launch, tmp_path):
    submission = launch('cat "$UPLOADS"/a.fcl; ls "$UPLOADS" | wc -l; exit 3')

    said = ended(submission).splitlines()

    folder = submission.attempts.get().folder
    assert said[1] == "a.fcl2"
    assert (folder / "exit").read_text() == "3\n"
    assert not (folder / "uploads").exists()
    assert not list(tmp_path.rglob("owned"))


def test_they_go_with_a_launch_that_is_aborted(here, shelf, launch):
    submission = launch("sleep 1000")
    folder = submission.attempts.get().folder
    end = time.monotonic() + 20
    while "process_id" not in ((folder / "log").read_text() if (folder / "log").exists() else ""):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert (folder / "uploads").exists()

    LocalLauncher(submission).abort(folder)

    assert not (folder / "uploads").exists()


@pytest.fixture
def tokens(world, settings):
    settings.VAULT_TOKEN_FILE = "upload:vt_{experiment}_{role}_{experimenter}"
    settings.VAULT_SERVER = "vault.example.org"
    world.login.credential = "vault_token"
    world.login.save()


def test_an_analysts_launch_shows_their_uploaded_token_and_not_that_of_who_launches(
    world, ana, launch, tokens
):
    """The launch script is the analyst's: it would read what it is shown."""
    Shelf(world.experiment, world.person).keep([Sent("vt_demo_Analysis_prod", [b"hvs.prods"])])

    submission = launch()
    assert (submission.creator, submission.attempt) == (world.person, 0)
    assert "ana has uploaded no 'vt_demo_Analysis_ana' in demo: upload a new one" in (
        world.conclusion(submission)
    )

    Shelf(world.experiment, ana).keep([Sent("vt_demo_Analysis_ana", [b"hvs.anas"])])
    folder = go_on(submission).attempts.get().folder
    assert (folder / "vault-token").read_text() == "hvs.anas"
    script = (folder / "script.sh").read_text()
    assert "--credkey=ana " in script
    assert "export CONDOR_VAULT_STORER_USER=ana\n" in script


def test_a_launch_of_the_production_team_shows_the_uploaded_token_of_who_launches(
    world, launch, tokens
):
    shelf = Shelf(world.experiment, world.person)
    shelf.keep([Sent("vt_demo_Production_prod", [b"hvs.prods"])])

    submission = launch(creator_role="production")

    folder = submission.attempts.get().folder
    assert (folder / "vault-token").read_text() == "hvs.prods"

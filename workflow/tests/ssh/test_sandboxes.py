"""An analyst's files at the other end of ssh: there for the launch, and gone after it."""

import os
import stat

import pytest

from campaigns.tests.builders import person
from submissions.launchers import launcher_of
from submissions.shelves import QUOTA, Sent, Shelf
from workflow.tasks import run_pass
from workflow.tests.ssh.conftest import ended, until
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [pytest.mark.real, NEEDS]

ODD = "it's $(touch owned) `touch owned`\"'.txt"
POMS_IN_BASE64 = b"<\xe3\x12"  # what is in a file never ends the text that carries it
BYTES = bytes(range(256)) * 3


@pytest.fixture
def shelf(there):
    ana = person("ana", "analysis", of="demo")
    shelf = Shelf(there.experiment, ana)
    shelf.keep([Sent(ODD, [BYTES]), Sent("a", [POMS_IN_BASE64]), Sent("empty", [])])
    return shelf


@pytest.fixture
def launch(there, shelf):
    """Launch ana's stage, which runs ``program`` at the other end; return its submission."""

    def launch(program):
        stage = there.stage("gen", stage_type="generator")
        stage.creator, stage.creator_role, stage.vo_role = shelf.owner, "analysis", "Analysis"
        stage.save()
        stage.job_type.launch_script = program
        stage.job_type.save()
        submission = there.launch(stage)
        run_pass()
        submission.refresh_from_db()
        return submission

    return launch


def folder_of(submission):
    return submission.attempts.get().folder


def log_of(submission):
    try:
        return (folder_of(submission) / "log").read_text()
    except FileNotFoundError:
        return ""


@pytest.fixture
def sandboxes(short_folder):
    return short_folder / "home/.poms/sandboxes"


def test_a_launch_finds_the_files_as_they_were_uploaded(launch, shelf, short_folder, sandboxes):
    copies = short_folder / "copies"

    submission = launch(
        f'ls -ld "$UPLOADS" "$UPLOADS"/a | cut -c1-10; cp -r "$UPLOADS" {copies}; exit 3'
    )
    status = ended(launcher_of(submission), folder_of(submission))

    assert status.exit_code == 3
    assert log_of(submission).splitlines()[1:3] == ["drwx------", "-rw-------"]
    found = {path.name: path.read_bytes() for path in copies.iterdir()}
    assert found == {ODD: BYTES, "a": POMS_IN_BASE64, "empty": b""}
    assert not list(short_folder.rglob("owned"))


def test_nothing_is_left_of_them_on_either_end(launch, short_folder, sandboxes):
    submission = launch("true")
    ended(launcher_of(submission), folder_of(submission))

    assert list(sandboxes.iterdir()) == []
    left = {path.name for path in folder_of(submission).iterdir()}
    assert left == {"exit", "job-token", "launch-token", "log", "pid", "script.sh"}


def test_the_account_can_not_list_which_sandboxes_there_are(launch, sandboxes):
    submission = launch('echo "$UPLOADS"')
    ended(launcher_of(submission), folder_of(submission))

    assert stat.S_IMODE(sandboxes.stat().st_mode) == 0o300
    assert len(log_of(submission).splitlines()[1].rpartition("/")[2]) == 32


def test_they_go_when_the_set_up_ends_the_launch(launch, there, sandboxes):
    there.login.launch_setup = "HOME=/nowhere; exit 7"
    there.login.save()

    submission = launch("true")

    assert ended(launcher_of(submission), folder_of(submission)).exit_code == 7
    assert list(sandboxes.iterdir()) == []


def test_they_go_with_a_launch_that_is_aborted(launch, sandboxes):
    submission = launch("sleep 1000")
    until(lambda: "process_id" in log_of(submission))
    assert len(list(sandboxes.iterdir())) == 1

    launcher_of(submission).abort(folder_of(submission))

    assert list(sandboxes.iterdir()) == []
    ended(launcher_of(submission), folder_of(submission))
    assert not (folder_of(submission) / "uploads").exists()


def test_what_a_killed_host_left_goes_with_a_later_launch(launch, sandboxes):
    forgotten = sandboxes / "forgotten"
    forgotten.mkdir(parents=True)
    (forgotten / "a").write_text("x")
    old = forgotten.stat().st_mtime - 3 * 3600
    os.utime(forgotten, (old, old))

    submission = launch("true")
    ended(launcher_of(submission), folder_of(submission))

    assert not forgotten.exists()


def test_all_that_a_person_may_keep_gets_there_in_time(launch, shelf):
    room = QUOTA - sum(file.size for file in shelf.files())
    shelf.keep([Sent("large", [b"x" * room])])

    submission = launch('wc -c < "$UPLOADS"/large')
    ended(launcher_of(submission), folder_of(submission), seconds=60)

    assert log_of(submission).splitlines()[1] == str(room)

"""A launch host on loopback, and a submission that is to be launched there."""

import time

import pytest

from submissions.launchers import ScriptState, launcher_of
from submissions.models import LaunchAttempt
from workflow.tests.ssh.sshd import ACCOUNT, Sshd, setup_of


@pytest.fixture
def sshd(short_folder, settings):
    sshd = Sshd(short_folder / "sshd", short_folder / "home")
    settings.DATA_DIR = short_folder
    settings.SSH_CONFIG, settings.SSH_KNOWN_HOSTS = str(sshd.config), str(sshd.known_hosts)
    sshd.start()
    yield sshd
    sshd.stop()


@pytest.fixture
def there(sshd, world, settings, short_folder):
    """The world, whose launches go over ssh to the local batch at the other end."""
    settings.DATA_DIR = short_folder
    login = world.login
    login.launcher, login.launch_host, login.launch_account = "ssh", "127.0.0.1", ACCOUNT
    login.launch_setup = setup_of(short_folder, short_folder / "batch")
    login.save()
    return world


@pytest.fixture
def started(there):
    """Have a script run at the other end; return its launcher and its folder."""

    def started(text):
        submission = there.launch(there.stage("gen", stage_type="generator"))
        launcher = launcher_of(submission)
        folder = write(LaunchAttempt(submission=submission, number=1).folder, text)
        launcher.start(folder)
        return launcher, folder

    return started


def write(folder, text):
    folder.mkdir(parents=True, mode=0o700)
    for name, said in (
        ("script.sh", text),
        ("launch-token", "the launch token"),
        ("job-token", "the job token"),
    ):
        (folder / name).write_text(said)
    return folder


def ended(launcher, folder, seconds=20):
    """Wait for the end of a script; return its status."""
    end = time.monotonic() + seconds
    while (status := launcher.status(folder)).state != ScriptState.ENDED:
        assert time.monotonic() < end, status
        time.sleep(0.02)
    return status


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return said

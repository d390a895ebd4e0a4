"""The ssh launcher against a real sshd: what goes there, what comes back, and what goes wrong."""

import os
import shlex
from pathlib import Path

import pytest

from datahandling.base import Unknown
from submissions.launchers import CannotAbort, CannotStart, launcher_of
from submissions.launchers import ssh as ssh_launcher
from submissions.models import LaunchAttempt
from workflow.tests.ssh.conftest import ended, until, write
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [pytest.mark.real, NEEDS]

MARKED = 'read -r _ _ _ _ g _ < "/proc/$$/stat"; echo "== process_id: $g =="; '


@pytest.fixture
def launcher(there):
    return launcher_of(there.launch(there.stage("gen", stage_type="generator")))


def test_a_script_runs_there_and_its_log_and_exit_code_come_back(started):
    launcher, folder = started("echo hello from $HOME; exit 7")

    status = ended(launcher, folder)

    assert status.exit_code == 7
    assert not status.was_lost
    assert (folder / "log").read_text() == f"hello from {Path(folder).parents[2] / 'home'}\n"


def test_tokens_go_to_a_private_folder_there_and_no_copy_stays_here(started, sshd):
    launcher, folder = started("true")
    ended(launcher, folder)

    there = sshd.home / ".poms" / "launches" / folder.parent.name / "1"
    for name in ("launch-token", "job-token"):
        assert (there / name).read_text() == (folder / name).read_text()
        assert (there / name).stat().st_mode & 0o077 == 0
    assert there.stat().st_mode & 0o077 == 0
    assert not (folder / "sent").exists()


def test_the_shared_connection_is_ours_alone(launcher, sshd, settings):
    launcher.prepare()

    [socket] = (Path(settings.DATA_DIR) / "ssh").iterdir()
    assert socket.is_socket()
    assert socket.parent.stat().st_mode & 0o077 == 0


def test_a_long_path_does_without_a_shared_connection(launcher, settings, short_folder):
    settings.DATA_DIR = short_folder / ("x" * 60)

    launcher.prepare()

    assert list((settings.DATA_DIR / "ssh").iterdir()) == []


def test_a_host_that_is_away_is_no_answer(launcher, sshd):
    sshd.stop()

    with pytest.raises(Unknown, match=r"can't be reached: .*Connection refused"):
        launcher.prepare()
    with pytest.raises(Unknown, match="can't be reached"):
        launcher.find_jobs(1)


def test_a_host_that_was_away_is_left_alone_for_a_while(launcher, sshd, monkeypatch):
    sshd.stop()
    with pytest.raises(Unknown):
        launcher.prepare()
    sshd.start()

    with pytest.raises(Unknown, match="Connection refused"):
        launcher.prepare()
    with pytest.raises(Unknown, match="Connection refused"):
        launcher.find_jobs(1)
    assert launcher.control("kill", 1) == ""  # a person's wish is tried at once

    ssh_launcher.AWAY.clear()
    launcher.prepare()


def test_more_scripts_run_at_once_than_a_connection_takes(launcher, sshd):
    launcher.prepare()
    attempts = [
        LaunchAttempt(submission=launcher.submission, number=number) for number in range(1, 15)
    ]
    for attempt in attempts:
        launcher.start(write(attempt.folder, "sleep 1; echo done"))

    for attempt in attempts:
        assert ended(launcher, attempt.folder).exit_code == 0, _log(attempt.folder)


@pytest.mark.parametrize("said", ["{}", "[]", '{"jobs": null}', '{"jobs": [{}]}', '{"jobs": [7]}'])
def test_an_answer_without_jobs_is_no_no(there, said):
    there.login.launch_setup = f"poms() {{ echo {shlex.quote(said)}; }}"
    there.login.save()
    launcher = launcher_of(there.launch(there.stage("gen", stage_type="generator")))

    with pytest.raises(Unknown, match="said something strange"):
        launcher.find_jobs(1)


def test_a_host_with_another_key_is_not_spoken_to(started, launcher, sshd):
    sshd.make_key("another")
    sshd.know("another")

    with pytest.raises(Unknown, match=r"Host key verification failed.*: compare the host's key"):
        launcher.prepare()


def test_an_account_that_does_not_know_us_is_told_what_to_do(launcher, sshd):
    (sshd.folder / "me.pub").write_text("")

    with pytest.raises(Unknown, match=r"Permission denied.*: let POMS into this account"):
        launcher.prepare()


def test_a_command_that_hangs_is_given_up_and_killed(launcher, there, monkeypatch, sshd):
    monkeypatch.setattr(ssh_launcher, "TIME_TO_END", 0)
    mark = sshd.home / "hangs"

    with pytest.raises(Unknown, match="didn't answer in time"):
        launcher._run(f"echo $$ > {mark}; sleep 1000", 1)

    until(lambda: mark.exists() and mark.read_text())
    pid = int(mark.read_text())
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_cut_connection_is_a_lost_attempt(started, sshd):
    launcher, folder = started(f"{MARKED} sleep 1000")
    until(lambda: "process_id" in _log(folder))
    group = int(_log(folder).split()[2])

    sshd.cut()

    assert ended(launcher, folder).was_lost
    os.killpg(group, 9)


def test_abort_kills_the_whole_group(started, sshd):
    launcher, folder = started(f"{MARKED} sleep 1000 & sleep 1000")
    until(lambda: "process_id" in _log(folder))
    group = int(_log(folder).split()[2])

    launcher.abort(folder)

    assert ended(launcher, folder).was_lost
    until(lambda: not _members(group))
    with pytest.raises(CannotAbort, match="no such process"):
        launcher.abort(folder)


def test_what_has_completed_is_not_aborted(started):
    launcher, folder = started("echo '== process_id: 1 =='; echo '== completed: 1 =='")
    ended(launcher, folder)

    with pytest.raises(CannotAbort, match="unable to abort launch"):
        launcher.abort(folder)


def test_another_process_of_that_number_is_left_alone(started):
    launcher, folder = started("echo '== process_id: 1 =='")
    ended(launcher, folder)

    with pytest.raises(CannotAbort, match="no such process"):
        launcher.abort(folder)


@pytest.mark.parametrize(
    ("host", "account"),
    [("-oProxyCommand=x", ""), ("a b", ""), ("127.0.0.1", "-x"), ("%(nosuch)s", ""), ("", "me")],
)
def test_nothing_but_names_reaches_ssh(launcher, host, account):
    login = launcher.submission.snapshot.content["login_setup"]
    login["launch_host"], login["launch_account"] = host, account

    with pytest.raises(CannotStart, match="is nowhere to launch"):
        launcher_of(launcher.submission)


def test_what_the_set_up_says_is_no_part_of_an_answer(there, sshd):
    there.login.launch_setup += "\necho welcome\necho '{\"jobs\": 7}'"
    there.login.save()
    launcher = launcher_of(there.launch(there.stage("gen", stage_type="generator")))

    assert launcher.find_jobs(1) is None


def test_an_answer_that_is_none_is_unknown(there):
    there.login.launch_setup = "poms() { echo nonsense; }"
    there.login.save()
    launcher = launcher_of(there.launch(there.stage("gen", stage_type="generator")))

    with pytest.raises(Unknown, match="said something strange"):
        launcher.find_jobs(1)


def test_a_launch_host_without_our_commands_is_unknown(there):
    there.login.launch_setup = "PATH=/nowhere"
    there.login.save()
    launcher = launcher_of(there.launch(there.stage("gen", stage_type="generator")))

    with pytest.raises(Unknown, match=r"could not be asked \(code 127\)"):
        launcher.find_jobs(1)
    with pytest.raises(Unknown, match="code 127"):
        launcher.control("kill", 1)


def _log(folder):
    return (folder / "log").read_text() if (folder / "log").exists() else ""


def _members(group):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(words[2]) == group and words[0] != "Z":
            found.append(path)
    return found

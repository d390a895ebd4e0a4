"""Launches over ssh, as the workflow and people see them."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from poms_client.batch.directory import BatchDirectory, Order
from submissions.launchers import launcher_of
from submissions.launchers import ssh as ssh_launcher
from submissions.models import LaunchAttempt, Submission
from workflow import controls
from workflow.controls import Refused
from workflow.tasks import run_pass
from workflow.tests.ssh.conftest import ended, until
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [pytest.mark.real, NEEDS]


@pytest.fixture
def launch(there):
    """Launch a stage that runs ``program`` at the other end; return its submission."""

    def launch(program, **login):
        stage = there.stage("gen", stage_type="generator")
        stage.job_type.launch_script = program
        stage.job_type.save()
        for name, value in login.items():
            setattr(there.login, name, value)
        there.login.save()
        submission = there.launch(stage)
        run_pass()
        submission.refresh_from_db()
        return submission

    return launch


def folder_of(submission):
    return submission.attempts.get(number=submission.attempt).folder


def finished(submission):
    """Wait for the end of its script; return the log."""
    ended(launcher_of(submission), folder_of(submission))
    return (folder_of(submission) / "log").read_text()


def look(submission):
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    run_pass()
    submission.refresh_from_db()
    return submission.status


def test_a_launch_finds_its_submission_its_tokens_and_its_set_up(launch):
    submission = launch(
        'echo "$POMS4_SUBMISSION_ID $POMS_ATTEMPT"; cat "$POMS_JOB_TOKEN_FILE"; echo'
    )

    log = finished(submission).splitlines()

    assert log[0].startswith("== process_id: ")
    assert log[1] == f"{submission.pk} 1"
    assert log[2].startswith((folder_of(submission) / "job-token").read_text())
    assert log[-1].startswith("== completed: ")


def test_a_token_is_had_there_and_goes_with_the_launch(launch, there, settings, short_folder):
    (short_folder / "vt_demo").write_text("hvs.secret")
    settings.VAULT_TOKEN_FILE = str(short_folder / "vt_{experiment}")
    settings.VAULT_SERVER = "vault.example.org"
    htgettoken = (
        "htgettoken() { for o; do case $o in --vaulttokeninfile=*) from=${o#*=};; esac; done; "
        'test -s "$from" && echo bearer > "$BEARER_TOKEN_FILE"; }'
    )

    submission = launch(
        'wc -c < "$BEARER_TOKEN_FILE"; ls -l "$BEARER_TOKEN_FILE"',
        credential="vault_token",
        launch_setup=htgettoken,
    )

    log = finished(submission)
    assert log.splitlines()[1] == "7"
    assert "-rw-------" in log
    assert "hvs.secret" not in log
    kept = {path.name for path in (short_folder / "home").glob(".poms/launches/*/*/*")}
    assert kept == {"launch-token", "job-token"}
    assert not (folder_of(submission) / "vault-token").exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("true", ""),
        ("TOKENOPTS_EXTRA=[--minsecs=60,--nooidc]", "--minsecs=60|--nooidc|"),
        ("export TOKENOPTS_EXTRA=\"['-v', '--scopes=a:/b']\"", "-v|--scopes=a:/b|"),
        ("TOKENOPTS_EXTRA='[*,$(id),;id]'", "*|$(id)|;id|"),
    ],
)
def test_the_login_setup_adds_options_of_its_own_to_htgettoken(launch, settings, said, words):
    settings.VAULT_SERVER, settings.MANAGED_TOKENS_SERVER = "vault.example.org", "mt.example.org"
    prints = 'htgettoken() { shift 7; for o in "$@" x; do echo -n "$o|"; done; echo; }'

    submission = launch("true", credential="managed_token", launch_setup=f"{prints}\n{said}")

    assert finished(submission).splitlines()[1] == f"{words}x|"


def test_a_launch_that_gets_no_token_submits_nothing(launch, settings):
    settings.VAULT_SERVER, settings.MANAGED_TOKENS_SERVER = "vault.example.org", "mt.example.org"

    submission = launch(
        "echo submitted", credential="managed_token", launch_setup="htgettoken() { return 1; }"
    )

    assert "submitted" not in finished(submission)
    assert (folder_of(submission) / "exit").read_text().strip() == "4"


def test_an_aborted_launch_ends_as_launch_failed_and_is_not_tried_again(launch, there):
    submission = launch("sleep 1000")
    until(lambda: "process_id" in _log(submission))

    controls.abort_launch(submission, there.person)
    finished(submission)

    assert look(submission) == "LaunchFailed"
    assert "was aborted and has no jobs" in there.conclusion(submission)
    assert not LaunchAttempt.objects.filter(number=2).exists()


def test_an_aborted_launch_may_be_launched_again(launch, there):
    submission = launch("sleep 1000")
    until(lambda: "process_id" in _log(submission))
    controls.abort_launch(submission, there.person)
    finished(submission)
    look(submission)

    controls.relaunch(submission, there.person)
    look(submission)
    assert (submission.status, submission.attempt) == ("New", 2)
    until(lambda: "process_id" in _log(submission))
    launcher_of(submission).abort(folder_of(submission))


def test_what_can_not_be_aborted_goes_on(launch, there, sshd):
    submission = launch("sleep 1000")
    until(lambda: "process_id" in _log(submission))
    group = int(_log(submission).split()[2])
    sshd.stop()

    with pytest.raises(Refused, match="can't be reached"):
        controls.abort_launch(submission, there.person)

    assert not LaunchAttempt.objects.get().aborted
    os.killpg(group, 9)


def test_there_is_nothing_to_abort_before_a_launch(there):
    submission = there.launch(there.stage("gen", stage_type="generator"))

    with pytest.raises(Refused, match="unable to abort launch"):
        controls.abort_launch(submission, there.person)


def test_an_unknown_outcome_waits_for_the_batch_to_be_asked(launch, there, sshd, monkeypatch):
    monkeypatch.setattr(ssh_launcher, "REST", 0.0)
    submission = launch("kill -9 $$")
    finished(submission)
    sshd.stop()

    assert look(submission) == "New"
    assert "no clear answer" in there.conclusion(submission)
    assert "can't be reached" in there.conclusion(submission)
    assert submission.attempt == 1

    sshd.start()
    LaunchAttempt.objects.update(started_at=submission.created - timedelta(minutes=5))
    look(submission)
    assert submission.attempt == 2


@pytest.fixture
def running(there, short_folder):
    """A submission whose job runs in the local batch at the other end."""
    submission = there.launch(there.stage("gen", stage_type="generator"))
    folder = short_folder / "batch"
    batch = BatchDirectory(folder)
    cluster = batch.submit(
        Order(argv=("sleep", "1000"), jobs=1, environment={}, submission=submission.pk, attempt=1)
    )
    Submission.objects.filter(pk=submission.pk).update(
        status="Running", attempt=1, jobsub_job_id=cluster.id
    )
    LaunchAttempt.objects.create(
        submission=submission,
        number=1,
        token_digest="t",
        job_token_digest="j",
        job_token_expires=submission.created,
        started_at=submission.created,
    )
    submission.refresh_from_db()
    yield submission, cluster
    cluster.remove("Removed")
    poms = Path(sys.executable).parent / "poms"
    subprocess.run([poms, "batch", "--stop"], env={"POMS_BATCH_DIR": str(folder)}, timeout=20)


def test_jobs_are_held_released_and_killed_over_ssh(running, there):
    submission, cluster = running

    controls.hold_jobs(submission, there.person)
    assert cluster.summary()["held"] == 1
    controls.release_jobs(submission, there.person)
    assert cluster.summary()["held"] == 0
    controls.kill(submission, there.person)
    assert cluster.summary()["over"]
    assert there.status(submission) == "Removed"


def test_jobs_that_can_not_be_reached_leave_the_status_as_it_was(running, there, sshd):
    submission, _ = running
    sshd.stop()

    for press in (controls.kill, controls.cancel, controls.hold_jobs):
        with pytest.raises(Refused, match=r"are as they were: .*can't be reached"):
            press(submission, there.person)

    assert there.status(submission) == "Running"
    sshd.start()


def test_jobs_that_a_crash_left_behind_are_found_there(launch, there, short_folder):
    submission = launch("kill -9 $$")
    finished(submission)
    cluster = BatchDirectory(short_folder / "batch").submit(
        Order(argv=("true",), jobs=3, environment={}, submission=submission.pk, attempt=1)
    )

    assert look(submission) == "Idle"
    assert (submission.jobsub_job_id, submission.jobs_submitted) == (cluster.id, 3)
    assert submission.attempt == 1


def _log(submission):
    log = folder_of(submission) / "log"
    return log.read_text() if log.exists() else ""

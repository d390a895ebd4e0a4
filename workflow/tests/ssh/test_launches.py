"""Launches over ssh, as the workflow and people see them."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from submissions.launchers import launcher_of
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
    submission = launch('echo "$POMS4_SUBMISSION_ID $POMS_ATTEMPT"; cat "$POMS_JOB_TOKEN_FILE"; echo')

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


def test_an_unknown_outcome_waits_for_the_batch_to_be_asked(launch, there, sshd):
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


def _log(submission):
    log = folder_of(submission) / "log"
    return log.read_text() if log.exists() else ""

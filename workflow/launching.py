"""From New to the batch: one attempt at a time, fenced against crashes (W9).

A submission that is New and due either needs its first attempt, or has one under way, or one that
a crash left behind. Nobody starts another before the last can no longer submit and the batch
system, asked for the submission's tag, has said no.
"""

from datetime import timedelta
from subprocess import SubprocessError

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.models.campaigns import StageType
from campaigns.parameters import UnknownPlaceholder
from datahandling.base import DatasetConflict, QueryError, Unknown
from datahandling.errors import NoFreeFiles
from submissions.chains import Chain
from submissions.crashpoints import reach
from submissions.launchers import CannotStart, Launcher, ScriptState, ScriptStatus, launcher_of
from submissions.launching import sandboxes, script
from submissions.launching.credentials import NotValid, find_file
from submissions.launching.leave import NoLeave, may_have_submitted_until, start_attempt
from submissions.models import LaunchAttempt, Submission
from submissions.shelves import Damaged
from submissions.statuses import Actor, Status
from workflow.backoff import delay, next_look
from workflow.decisions import Verdict, keep, no_answer
from workflow.holds import find_hold, wake_unless_held
from workflow.projects import make_project
from workflow.units import unit

TIME_TO_START = timedelta(seconds=10)  # after this a script without a process was never started
MAX_ATTEMPTS = 8  # over ten minutes or so
ABOUT = "launch"


@unit(waiting=lambda: Submission.objects.filter(status=Status.NEW))
def launch_next(submission: Submission) -> None:
    """Launch one New submission, or look after its launch."""
    if submission.jobsub_job_id:
        submission.move_to(Status.IDLE, actor=Actor.WORKFLOW, note="the wrapper reported its jobs")
        return
    try:
        if submission.attempt:
            _look_after(submission, submission.attempts.get(number=submission.attempt))
        else:
            _launch(submission)
    except (Unknown, OSError, SubprocessError) as why:
        no_answer(submission, ABOUT, why)
    except (NotValid, Damaged) as why:
        _wait(submission, str(why))
    except NoLeave:
        pass  # somebody else is at it
    except NoFreeFiles as why:
        _skip(submission, str(why))
    except (CannotStart, UnknownPlaceholder, QueryError, DatasetConflict) as why:
        _fail(submission, str(why))


def _launch(submission: Submission, after: LaunchAttempt | None = None) -> None:
    """Start an attempt; everything that can fail without one is done before."""
    held = find_hold(submission)
    if held is not None:
        keep(submission, Verdict(ABOUT, False, f"held: {held} ({held.who}, {held.since:%F %H:%M})"))
        submission.look_again(None)
        wake_unless_held(submission)  # it may have been lifted at this very moment
        return
    content = submission.snapshot.content
    if content["stage"]["stage_type"] == StageType.APPROVAL:
        submission.move_to(Status.AWAITING_APPROVAL, actor=Actor.WORKFLOW)
        return
    Chain.of(submission).check_outputs()
    launcher = launcher_of(submission)
    credential = find_file(submission)
    sandbox = sandboxes.fill(submission)
    launcher.prepare()
    project = make_project(submission, anew=after is not None)
    service = script.service_of(submission, project)
    planned = script.plan(submission, project=project, service=service)
    reach("before-launch")
    attempt, token, job_token = start_attempt(submission, after)
    text = script.render(submission, planned, attempt, sandbox)
    script.write(attempt, text, token, job_token, credential)
    sandboxes.write(attempt, sandbox)
    reach("before-start")
    launcher.start(attempt.folder)
    reach("after-start")
    keep(submission, Verdict(ABOUT, True, f"attempt {attempt.number} started"))
    submission.look_again(next_look(submission))


def _look_after(submission: Submission, attempt: LaunchAttempt) -> None:
    """See how an attempt went that hasn't led to a job id yet."""
    launcher = launcher_of(submission)
    status = launcher.status(attempt.folder)
    if status.state == ScriptState.RUNNING or _is_starting(status, attempt):
        submission.look_again(next_look(submission))
        Submission.objects.filter(pk=submission.pk).update(looks=submission.looks + 1)
        return
    _settle_attempt(submission, attempt, status, launcher)


def _is_starting(status: ScriptStatus, attempt: LaunchAttempt) -> bool:
    return (
        status.state == ScriptState.NOT_STARTED
        and timezone.now() < attempt.started_at + TIME_TO_START
    )


def _settle_attempt(
    submission: Submission, attempt: LaunchAttempt, status: ScriptStatus, launcher: Launcher
) -> None:
    """The script is over, or was never started, and no job id was reported: ask the batch."""
    asked_at = timezone.now()  # an answer is true of then, however long it takes
    found = launcher.find_jobs(submission.pk)
    if found is not None:
        Submission.objects.filter(pk=submission.pk, jobsub_job_id="").update(
            jobsub_job_id=found.jobsub_job_id, jobs_submitted=found.jobs
        )
        submission.move_to(
            Status.IDLE, actor=Actor.WORKFLOW, note=f"found in the batch as {found.jobsub_job_id}"
        )
        return
    fence = may_have_submitted_until(attempt)
    if fence is not None and asked_at < fence:
        keep(
            submission,
            Verdict(
                ABOUT,
                False,
                f"attempt {attempt.number} had leave until {fence:%F %T}: waiting",
            ),
        )
        submission.look_again(fence)
    elif attempt.another_wanted:
        _launch(submission, attempt)
    elif attempt.aborted:
        _fail(submission, f"attempt {attempt.number} was aborted and has no jobs")
    elif not status.was_lost:
        _fail(
            submission,
            f"attempt {attempt.number} ended with code {status.exit_code} and no job id",
        )
    elif attempt.number >= MAX_ATTEMPTS:
        _fail(submission, f"attempt {attempt.number} was lost, like those before it")
    else:
        _try_again(submission, attempt)


def _try_again(submission: Submission, lost: LaunchAttempt) -> None:
    """Launch again after an attempt that was lost, later each time: what hurt it may last."""
    at = lost.started_at + delay(lost.number)
    when = "launching again" if timezone.now() >= at else f"launching again at {at:%T}"
    said = f"attempt {lost.number} was lost and has no jobs: {when}"
    keep(submission, Verdict(ABOUT, True, said))
    if timezone.now() >= at:
        _launch(submission, lost)
    else:
        submission.look_again(at)


def _wait(submission: Submission, why: str) -> None:
    """Look again later at a launch that a person has to make possible."""
    keep(submission, Verdict(ABOUT, False, f"waiting: {why}"))
    held = Submission.objects.filter(pk=submission.pk, due_at=submission.due_at)
    held.update(due_at=next_look(submission), looks=F("looks") + 1)


def _skip(submission: Submission, why: str) -> None:
    """End a launch that found nothing to run on (W2)."""
    with transaction.atomic():
        keep(submission, Verdict(ABOUT, False, why))
        submission.move_to(Status.SKIPPED, actor=Actor.WORKFLOW, note=why)


def _fail(submission: Submission, why: str) -> None:
    keep(submission, Verdict(ABOUT, False, why))
    submission.move_to(Status.LAUNCH_FAILED, actor=Actor.WORKFLOW, note=why)

"""Leave to submit: each attempt may submit once, and only before its deadline (W9)."""

from datetime import datetime, timedelta
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from submissions.crashpoints import reach
from submissions.models import LaunchAttempt, Submission
from submissions.models.launches import JOB_TOKEN_PREFIX, digest, new_token
from submissions.statuses import Status

MARGIN = timedelta(seconds=5)  # after the deadline, for a submit command to die in
JOB_TOKEN_LIFE = timedelta(days=30)


class NoLeave(Exception):
    """This attempt may not submit; the text says why."""


def start_attempt(
    submission: Submission, after: LaunchAttempt | None = None
) -> tuple[LaunchAttempt, str, str]:
    """Make the next attempt; return it with its launch token and its job token.

    From here on no earlier attempt gets leave. ``after`` is the last one as it was before the
    batch was asked what it submitted: an answer from before it got leave says nothing.

    Raises:
        NoLeave: the submission isn't New any more, another attempt was started meanwhile, or the
            last one got leave after all.
    """
    token, token_digest = new_token()
    job_token, job_digest = new_token(JOB_TOKEN_PREFIX)
    now = timezone.now()
    with transaction.atomic():
        same = Submission.objects.filter(
            pk=submission.pk, status=Status.NEW, attempt=submission.attempt
        )
        if not same.update(attempt=submission.attempt + 1):
            raise NoLeave(f"submission {submission.pk} was launched by somebody else")
        if after is not None and not _is_unchanged(after):
            raise NoLeave(
                f"attempt {after.number} at submission {submission.pk} got leave just now"
            )
        attempt = LaunchAttempt.objects.create(
            submission=submission,
            number=submission.attempt + 1,
            token_digest=token_digest,
            job_token_digest=job_digest,
            job_token_expires=now + JOB_TOKEN_LIFE,
            started_at=now,
        )
    submission.attempt = attempt.number
    return attempt, token, job_token


def _is_unchanged(attempt: LaunchAttempt) -> bool:
    return LaunchAttempt.objects.filter(pk=attempt.pk, leave_at=attempt.leave_at).exists()


def grant(submission_id: int, token: str) -> LaunchAttempt:
    """Grant leave to the holder of the current attempt's token: once, with a deadline.

    Raises:
        NoLeave: wrong token, an older attempt, leave granted before, or nothing to launch.
    """
    with transaction.atomic():
        locked = Submission.objects.select_for_update(no_key=True).filter(pk=submission_id)
        submission = locked.first()
        attempt = _current_attempt(submission)
        if (
            submission is None
            or attempt is None
            or not compare_digest(attempt.token_digest, digest(token))
        ):
            raise NoLeave(
                f"this is not the current attempt at launching submission {submission_id}"
            )
        if submission.status != Status.NEW:
            raise NoLeave(f"submission {submission_id} is {submission.status}, not New")
        if attempt.leave_at is not None:
            raise NoLeave(
                f"attempt {attempt.number} at submission {submission_id} had its leave already"
            )
        attempt.leave_at = timezone.now()
        attempt.deadline = attempt.leave_at + settings.TIME_TO_SUBMIT
        attempt.save(update_fields=["leave_at", "deadline"])
    reach("after-grant")
    return attempt


def _current_attempt(submission: Submission | None) -> LaunchAttempt | None:
    if submission is None:
        return None
    return submission.attempts.filter(number=submission.attempt).first()


def may_have_submitted_until(attempt: LaunchAttempt) -> datetime | None:
    """Return when an attempt that had leave can no longer submit; None if it had no leave."""
    return None if attempt.deadline is None else attempt.deadline + MARGIN

"""What has to be true of a submission on a real batch system, whatever was killed on the way."""

from collections import Counter

from submissions.models import SubmissionHistory

ONCE = ("New", "Completed", "Located")
NEVER = {"Failed", "LaunchFailed", "Removed", "Cancelled"}


def check(pool, submission, jobs, was_held=False):
    """It was submitted once, its jobs ran to their end, and POMS says what the batch says."""
    submission.refresh_from_db()
    assert submission.status == "Located", (submission, told(submission))
    assert pool.clusters(submission.pk) == [submission.jobsub_job_id], told(submission)
    assert pool.states(submission.pk) == {"completed": jobs}, told(submission)
    assert submission.jobs["completed"] == submission.jobs_submitted == jobs, submission.jobs
    entered = Counter(submission.history.values_list("status", flat=True))
    assert all(entered[status] == 1 for status in ONCE), entered
    assert not NEVER & set(entered), entered
    assert entered["Held"] == was_held, entered


def told(submission):
    lines = SubmissionHistory.objects.filter(submission=submission).values_list("status", "note")
    return submission.status, submission.jobsub_job_id, submission.attempt, list(lines)

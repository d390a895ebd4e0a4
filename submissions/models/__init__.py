from submissions.models.launches import LaunchAttempt
from submissions.models.runs import Feed, Pass, Run
from submissions.models.submissions import ReportClock, Snapshot, Submission, SubmissionHistory

__all__ = [
    "Feed",
    "LaunchAttempt",
    "Pass",
    "ReportClock",
    "Run",
    "Snapshot",
    "Submission",
    "SubmissionHistory",
]

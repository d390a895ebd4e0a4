from submissions.models.agents import Agent
from submissions.models.clocks import ReportClock
from submissions.models.history import SubmissionHistory
from submissions.models.launches import LaunchAttempt
from submissions.models.runs import Feed, Pass, Run
from submissions.models.services import ServiceState, ServiceStatus
from submissions.models.statistics import FileStatistics
from submissions.models.submissions import Snapshot, Submission
from submissions.models.transfers import Transfer, TransferWatch
from submissions.models.uploads import UploadedFile

__all__ = [
    "Agent",
    "Feed",
    "FileStatistics",
    "LaunchAttempt",
    "Pass",
    "ReportClock",
    "Run",
    "ServiceState",
    "ServiceStatus",
    "Snapshot",
    "Submission",
    "SubmissionHistory",
    "Transfer",
    "TransferWatch",
    "UploadedFile",
]

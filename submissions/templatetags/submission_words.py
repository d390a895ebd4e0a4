"""How submissions are shown: the colour of a status, the bar of the jobs, the parents in a row."""

from dataclasses import dataclass
from typing import Any

from django import template

from campaigns.models.dataservices import DataHandlerName
from datahandling.handles import NOT_LOCATED
from submissions import showing
from submissions.models import Submission
from submissions.statuses import ShownStatus, Status

register = template.Library()

TONES: dict[str, str] = {
    Status.NEW: "azure",
    Status.LAUNCH_FAILED: "red",
    Status.AWAITING_APPROVAL: "purple",
    Status.APPROVED: "purple",
    Status.IDLE: "yellow",
    Status.RUNNING: "blue",
    Status.HELD: "orange",
    Status.FAILED: "red",
    Status.COMPLETED: "cyan",
    Status.LOCATED: "green",
    Status.SKIPPED: "secondary",
    Status.REMOVED: "secondary",
    Status.CANCELLED: "secondary",
    ShownStatus.CREATED: "azure",
    ShownStatus.WITH_FAILURES: "orange",
}
SHORT: dict[str, str] = {
    Status.LAUNCH_FAILED: "not launched",
    Status.AWAITING_APPROVAL: "to approve",
    ShownStatus.WITH_FAILURES: "with failures",
}
JOB_TONES = {
    "completed": "green",
    "failed": "red",
    "cancelled": "secondary",
    "running": "blue",
    "held": "orange",
    "idle": "yellow",
}
DATA_HANDLING: dict[str, str] = {
    DataHandlerName.CATALOGUE: "catalogue",
    DataHandlerName.SAM: "SAM",
    DataHandlerName.DATA_DISPATCHER: "Data Dispatcher",
}
STATE_WORDS = {
    "initial": "Not submitted",
    "reserved": "Reserved",
    "done": "Done",
    "failed": "Failed",
    NOT_LOCATED: "Unknown",
}
SERVICE_TONES = {"good": "green", "degraded": "yellow", "bad": "red"}
FILE_TONES = {"done": "green", "failed": "red", "reserved": "blue", "initial": "yellow"}


@register.filter
def tone(status: str) -> str:
    return TONES.get(status, "secondary")


@register.filter
def short_status(status: str) -> str:
    """Return a status in a word or two, where there is little room.

    >>> short_status("Completed with failures"), short_status("Completed")
    ('with failures', 'Completed')
    """
    return SHORT.get(status, status)


@register.filter
def shown_status(submission: Submission, status: str | None = None) -> str:
    """Return the status to show: a submission's, or one of its history."""
    return showing.shown_status(submission, status)


@register.filter
def data_handling(submission: Submission) -> str:
    """Return what people call the data handler that the submission was launched on."""
    return DATA_HANDLING.get(showing.launched_on(submission), "")


@register.filter
def file_tone(state: str) -> str:
    return FILE_TONES.get(state, "secondary")


@register.filter
def service_tone(status: str) -> str:
    return SERVICE_TONES.get(status, "secondary")


@register.filter
def state_word(state: str) -> str:
    """Return what people call the state of a handle."""
    return STATE_WORDS.get(state, state)


@dataclass(frozen=True)
class Part:
    """One colour of a bar: how many of what, and how wide in percent."""

    name: str
    count: int
    tone: str
    percent: float


@register.filter
def job_parts(submission: Submission) -> list[Part]:
    """Return the parts of the bar that shows how a submission's jobs are."""
    return parts(submission.jobs, JOB_TONES, submission.jobs_submitted)


@register.filter
def file_parts(counts: dict[str, int]) -> list[Part]:
    return parts(counts, FILE_TONES)


def parts(counts: dict[str, Any], tones: dict[str, str], of: int | None = None) -> list[Part]:
    known = {
        name: count for name in tones if isinstance(count := counts.get(name), int) and count > 0
    }
    total = max(of or 0, sum(known.values()))
    return [
        Part(name, count, tones[name], round(100 * count / total, 2))
        for name, count in known.items()
    ]


@register.filter
def parents(submission: Submission) -> list[int]:
    """Return the ids of the chains that fed this submission, or the pass that it is a slice of."""
    feeds = list(submission.fed_by.all())
    if submission.slice_of is not None:
        feeds += submission.slice_of.fed_by.all()
    return sorted({feed.parent_id for feed in feeds})


@register.filter
def nth(position: int | None) -> int:
    """Count from one: the first recovery step is number 0 in the list."""
    return 0 if position is None else position + 1

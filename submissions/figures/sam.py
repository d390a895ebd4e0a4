"""SAM's figures: its own statuses of files are finer than the states of a handle."""

from collections.abc import Callable

from datahandling.handlers.sam.words import exactly
from datahandling.query import Consumed, Fragment, Query
from submissions.figures.asked import Asked
from submissions.figures.base import Figure, counted, in_states
from submissions.figures.common import ALL_DECLARED, AVAILABLE, LOCATED, PENDING, SOME_DECLARED

GIVEN = ("consumed", "completed", "cancelled", "failed", "skipped", "delivered")


def with_status(*statuses: str) -> Callable[[Asked], Query]:
    words = ",".join(statuses)

    def files(asked: Asked) -> Query:
        project = exactly(asked.submission.project)
        return Fragment(f"project_name {project} and consumed_status {words}")

    return files


def of_status(key: str, title: str, text: str) -> Figure:
    return Figure(key, title, text, with_status(key), counted(key))


FIGURES = (
    AVAILABLE,
    Figure(
        "submitted",
        "Submitted",
        "Files of the project's snapshot.",
        lambda asked: asked.inputs,
        lambda project: project.files,
    ),
    Figure(
        "delivered",
        "Delivered to SAM",
        "Files that SAM gave to a job, whatever became of them.",
        with_status(*GIVEN),
        counted(*GIVEN),
    ),
    of_status("unknown", "Unknown to SAM", "Files of which SAM can't say what became of them."),
    Figure(
        "consumed",
        "Consumed",
        "Files that a job said it has processed.",
        lambda asked: Consumed(asked.submission.project),
        lambda project: project.consumed,
    ),
    of_status("cancelled", "Cancelled", "Files whose hand-out was cancelled."),
    of_status("failed", "Failed", "Files that a job said can't be processed."),
    of_status("skipped", "Skipped", "Files that a job left out."),
    Figure(
        "not_processed",
        "Not processed",
        "Files that jobs failed on, skipped or gave back: what bars show in red.",
        in_states("failed"),
        lambda project: project.failed,
    ),
    SOME_DECLARED,
    ALL_DECLARED,
    LOCATED,
    PENDING,
)

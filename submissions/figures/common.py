"""Figures that several data handlers have."""

from datahandling.base import ProjectSummary
from submissions.figures.base import Figure, in_states


def percent_over(project: ProjectSummary) -> float:
    over = project.done + project.failed
    return round(100 * over / project.files, 1) if project.files else 0.0


FILES = Figure(
    "files",
    "Files in project",
    "All files that this submission was given.",
    lambda asked: asked.inputs,
    lambda project: project.files,
)
PERCENT = Figure(
    "percent_completed",
    "Submission % completed",
    "How many of the submission's own files are done or failed, in percent.",
    number=percent_over,
    unit="%",
)
SUBMITTED = Figure(
    "submitted",
    "Submitted",
    "Files that a job took: done, failed or reserved.",
    in_states("done", "failed", "reserved"),
    lambda project: project.done + project.failed + project.reserved,
)
NOT_SUBMITTED = Figure(
    "not_submitted",
    "Not submitted",
    "Files that no job has taken yet.",
    in_states("initial"),
    lambda project: project.initial,
)
DONE = Figure(
    "done",
    "Done",
    "Files that a job said it has processed.",
    in_states("done"),
    lambda project: project.done,
)
FAILED = Figure(
    "failed",
    "Failed",
    "Files that a job said can't be processed.",
    in_states("failed"),
    lambda project: project.failed,
)
RESERVED = Figure(
    "reserved",
    "Reserved",
    "Files that a job took and said nothing of since.",
    in_states("reserved"),
    lambda project: project.reserved,
)
AVAILABLE = Figure(
    "available_output",
    "Available output",
    "Outputs that have a location, of all the kinds that the stage wants; an original's with those "
    "of its recoveries.",
    lambda asked: asked.available_output,
    of_chain=True,
    needs_project=False,
)
SOME_DECLARED = Figure(
    "some_declared",
    "With some kids declared",
    "Inputs of which any output is declared, located or not.",
    lambda asked: asked.with_some_children,
    of_chain=True,
)
ALL_DECLARED = Figure(
    "all_declared",
    "With all kids declared",
    "Inputs of which an output of every kind that the stage wants is declared.",
    lambda asked: asked.with_all_children,
    of_chain=True,
)
LOCATED = Figure(
    "located",
    "With kids located",
    "Inputs of which an output of every kind that the stage wants has a location.",
    lambda asked: asked.with_children_located,
    of_chain=True,
)
PENDING = Figure(
    "pending",
    "Pending",
    "Inputs that lack a located output of a kind that the stage wants.",
    lambda asked: asked.pending,
    of_chain=True,
)

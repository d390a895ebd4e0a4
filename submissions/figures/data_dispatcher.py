"""Data Dispatcher's figures: over the submission's own files, be the project larger."""

from submissions.figures.base import Figure, counted
from submissions.figures.common import (
    AVAILABLE,
    DONE,
    FAILED,
    FILES,
    NOT_SUBMITTED,
    PENDING,
    PERCENT,
    RESERVED,
    SUBMITTED,
)

FIGURES = (
    PERCENT,
    AVAILABLE,
    SUBMITTED,
    NOT_SUBMITTED,
    DONE,
    FAILED,
    RESERVED,
    Figure(
        "not_located",
        "Unknown (no replicas)",
        "Files of which no replica that jobs can reach was found in time.",
        number=counted("not_located"),
        of_chain=True,
    ),
    FILES,
    Figure(
        "parents",
        "Parents",
        "The files that its inputs were made of.",
        lambda asked: asked.parents,
        of_chain=True,
    ),
    Figure(
        "children",
        "Children",
        "All files made of its inputs.",
        lambda asked: asked.children,
        of_chain=True,
    ),
    PENDING,
)

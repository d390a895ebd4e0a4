"""A submission's files as the data handler knows them: its inputs and their states, its outputs."""

from dataclasses import dataclass

from campaigns.dataservices import handler_of_launch
from datahandling.base import ProjectSummary
from datahandling.query import Handles, Located, MadeBy
from submissions.models import Submission

STATES = ("failed", "reserved", "initial", "done")  # what needs a person comes first
MOST = 200


@dataclass(frozen=True)
class Files:
    """``inputs`` are (name, state), ``outputs`` (name, has a location); ``MOST`` of each."""

    project: ProjectSummary | None
    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, bool]]
    output_count: int

    @property
    def counts(self) -> dict[str, int]:
        return {state: getattr(self.project, state) for state in STATES} if self.project else {}


def find_files(submission: Submission) -> Files:
    """Ask for the inputs and outputs of one submission. May raise Unknown and QueryError."""
    content = submission.snapshot.content
    handler = handler_of_launch(content)
    project = handler.project(submission.project) if submission.project else None
    inputs: list[tuple[str, str]] = []
    for state in STATES if project else ():
        names = handler.files(Handles(submission.project, (state,)), limit=MOST - len(inputs))
        inputs += [(name, state) for name in names]
    made = MadeBy((submission.pk,))
    located = set(handler.files(made & Located(), limit=MOST))
    outputs = [(name, name in located) for name in handler.files(made, limit=MOST)]
    return Files(project, inputs, outputs, handler.count(made))

"""What a figure is: a number, and the list of files behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from datahandling.base import ProjectSummary
from datahandling.query import Handles, Query
from submissions.figures.asked import Asked

Number = int | float


@dataclass(frozen=True)
class Figure:
    """One figure of a submission's files.

    ``number`` takes it from the summary of the project; without it, the files are counted, so that
    number and list are the same question. ``files`` is the list; None where none can be shown.

    ``of_chain``: an original's is the chain's, because recoveries have no other inputs, or because
    it is judged by what the chain made. ``once_each``: the chain's counts each of its inputs once,
    as it is in the last project that it was given to. ``adds_up``: it can be summed.
    """

    key: str
    title: str
    help: str
    files: Callable[[Asked], Query] | None = None
    number: Callable[[ProjectSummary], Number] | None = None
    of_chain: bool = False
    needs_project: bool = True
    unit: str = ""

    @property
    def has_list(self) -> bool:
        return self.files is not None

    @property
    def once_each(self) -> bool:
        return self.adds_up and self.has_list and not self.of_chain

    @property
    def adds_up(self) -> bool:
        return not self.unit


def in_states(*states: str) -> Callable[[Asked], Query]:
    return lambda asked: Handles(asked.submission.project, states)


def counted(*names: str) -> Callable[[ProjectSummary], int]:
    """Return what adds up counts that the service has by names of its own."""
    return lambda project: sum(project.details.get(name, 0) for name in names)

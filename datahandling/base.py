"""What POMS asks of a data service, whichever it is.

Every answer is yes, no or unknown: a method answers, raises QueryError because the
question makes no sense there, or raises Unknown because no clear answer came. Unknown is no answer.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from datahandling.query import Query, QueryError

__all__ = [
    "DataHandler",
    "DatasetConflict",
    "NoSuchName",
    "ProjectSummary",
    "QueryError",
    "Unknown",
]


class Unknown(Exception):
    """Somebody outside gave no clear answer: out of reach, out of time, broken, or nonsense."""


class NoSuchName(QueryError):
    """A dataset, snapshot, project or file of this name doesn't exist in the experiment."""


class DatasetConflict(Exception):
    """There is a dataset of this name already, and it says something else."""


@dataclass(frozen=True)
class ProjectSummary:
    """How many handles (files) a project has, and how many are in which state."""

    files: int
    initial: int
    reserved: int
    done: int
    failed: int

    @property
    def consumed(self) -> int:
        return self.done


class DataHandler(ABC):
    """One experiment's files, as its data service knows them.

    All methods may raise Unknown. Those that take a query may raise QueryError: NoSuchName where it
    names a dataset, snapshot or project that doesn't exist.
    """

    def __init__(self, experiment: str) -> None:
        self.experiment = experiment

    @abstractmethod
    def check(self, query: Query) -> None:
        """Raise QueryError if this service can't express the query; asks nothing."""

    @abstractmethod
    def count(self, query: Query) -> int: ...

    @abstractmethod
    def files(self, query: Query, limit: int | None = None) -> list[str]:
        """The names of the (first ``limit``) files, in the declared order."""

    @abstractmethod
    def first_run(self, query: Query) -> str | None:
        """The run, as ``Run`` takes it, of the first file that has one; None if none has."""

    @abstractmethod
    def metadata(self, name: str) -> dict[str, Any]:
        """What is known of one file, ready for JSON; NoSuchName if there is none."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is a dataset of this name."""

    @abstractmethod
    def define(self, name: str, query: Query) -> None:
        """Make a dataset that has, whenever it is asked, the files of the query.

        Done before with the same query, nothing happens; DatasetConflict if it says something else.
        """

    @abstractmethod
    def freeze(self, name: str, query: Query, *, anew: bool = False) -> int:
        """Make a dataset of the files that the query has now; return how many the dataset has.

        Its list doesn't change again, but for a later freeze that asks for it ``anew``: a list
        that was made for a decision which then wasn't taken. A dataset of this name that is no
        frozen list, the jobs' own for instance, is left as it is.
        """

    @abstractmethod
    def take_snapshot(self, query: Query) -> int:
        """Write down the files that the query has now; return the number for ``Snapshot``."""

    @abstractmethod
    def start_project(self, name: str, query: Query) -> ProjectSummary:
        """Make a project with a handle for each file of the query, unless it exists already."""

    @abstractmethod
    def project(self, name: str) -> ProjectSummary | None:
        """How far the project is; None if there is none of this name."""

"""What POMS asks of a data service, whichever it is.

Every answer is yes, no or unknown: a method answers, raises QueryError because the
question makes no sense there, or raises Unknown because no clear answer came. Unknown is no answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from datahandling import environments
from datahandling.errors import DatasetConflict, NoSuchName, Unknown
from datahandling.handles import HandlePage, HandleRow
from datahandling.query import HANDLE_STATES, Consumed, Handles, Nothing, Query, QueryError
from datahandling.services import Service
from datahandling.telling import tell
from datahandling.trials import Reply, Trial, try_part

__all__ = [
    "DataHandler",
    "DatasetConflict",
    "NoSuchName",
    "ProjectSummary",
    "QueryError",
    "Reply",
    "Trial",
    "Unknown",
    "try_part",
]


@dataclass(frozen=True)
class ProjectSummary:
    """How many handles (files) a project has, and how many are in which state.

    ``details`` are the service's own counts, by its own names (SAM: ``skipped``, ``unknown`` …).
    """

    files: int
    initial: int
    reserved: int
    done: int
    failed: int
    details: Mapping[str, int] = field(default_factory=dict)

    @property
    def consumed(self) -> int:
        return self.done


TRIED_NAME = "poms_is_there_such_a_dataset"


class DataHandler(ABC):
    """One experiment's files, as its data service knows them.

    All methods may raise Unknown. Those that take a query may raise QueryError: NoSuchName where it
    names a dataset, snapshot or project that doesn't exist.

    Attributes:
        signs_outputs: a file's declaration can say which submission made it (``MadeBy``,
            ``Unsigned``); elsewhere outputs are found by lineage, creation time and version.
        makes_projects: POMS makes a submission's project; elsewhere its jobs start it, and the
            wrapper or the agent reports its name.
        knows_locations: a declared file and one that has a location are told apart (``Located``).
        restarts_handles: a person can offer a project's files again, and activate it.
    """

    signs_outputs = True
    makes_projects = True
    knows_locations = True
    restarts_handles = False

    def __init__(self, experiment: str, service: Service | None = None) -> None:
        self.experiment = experiment
        self.service = service

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

    def stem(self, dataset: str) -> str:
        """What the names of datasets made from this one begin with: its name, if it is one."""
        return dataset

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
    def start_project(
        self, name: str, query: Query, settings: Mapping[str, Any] | None = None
    ) -> ProjectSummary:
        """Make a project with a handle for each file of the query, unless it exists already.

        ``settings`` are the stage's for projects; services without such settings ignore them.
        Doing it again after a crash finds the project that was made. QueryError where the service
        leaves projects to the jobs (``makes_projects``); NoFreeFiles where the settings name a
        project that has none left for it.
        """

    @abstractmethod
    def project(self, name: str) -> ProjectSummary | None:
        """How far the project is; None if there is none of this name."""

    def ended_well(self, project: str) -> Query:
        """What processes of a project consumed that ended well; may ask.

        Where the service keeps no processes, that is what was consumed.
        """
        return Consumed(project)

    def owned_by_others(self, projects: Collection[str]) -> Query:
        """Files that other submissions own of a project which one of these is to the service.

        Asks nobody but the database.
        """
        return Nothing()

    def handles(
        self, project: str, state: str | None = None, *, start: int = 0, stop: int = 100
    ) -> HandlePage:
        """Some of the handles of a project: all, or those in a state; NoSuchName as elsewhere.

        ``state`` may be NOT_LOCATED, too. Services that know more than a state override this.
        """
        states = HANDLE_STATES if state is None else (state,)
        found = Handles(project, states)
        rows: list[HandleRow] = []
        for one in states:
            names = self.files(Handles(project, (one,)), limit=stop)
            rows += [HandleRow(name, one) for name in names]
            if len(rows) >= stop:
                break
        return HandlePage(tuple(rows[start:stop]), self.count(found))

    def project_facts(self, name: str) -> dict[str, str]:
        """What the service tells of a project beside its handles, for people: name → text."""
        return {}

    def sharing(self, project: str) -> dict[str, list[str]]:
        """The projects, by experiment, that are one and the same to the service; asks nobody."""
        return {self.experiment: [project]}

    def restart_handles(
        self, project: str, *, states: Collection[str] = (), files: Collection[str] = ()
    ) -> None:
        """Offer files of a project again: those in these states, and those of these names.

        QueryError where ``restarts_handles`` isn't so.
        """
        raise QueryError("this data handler offers no file of a project again")

    def activate_project(self, name: str) -> None:
        """Have a project that was ended go on; QueryError where ``restarts_handles`` isn't so."""
        raise QueryError("this data handler activates no project")

    def text(self, query: Query) -> str:
        """The query in the service's own language, for people to paste there; asks nobody.

        Where it has none, the query in words.
        """
        return tell(query)

    def file_page(self, name: str) -> str | None:
        """The address of the service's own page about a file; None where there is none.

        May ask for it (MetaCat knows files by an id).
        """
        return None

    def try_it(self) -> list[Trial]:
        """Ask each part of the service something harmless (see ``try_part``), for a person to read.

        Returns a Trial for each address that POMS uses. Never raises Unknown.
        """
        address = self.service.url if self.service else ""
        return [try_part("datasets", address, self._ask_for_a_dataset)]

    def _ask_for_a_dataset(self) -> Reply:
        self.exists(TRIED_NAME)
        return Reply("it answers questions about datasets")

    def environment(self, project: str) -> dict[str, str]:
        """What jobs need to find the service: variables by name, no secret among them.

        ``project`` is the submission's, empty where it has none (yet). Asks nobody outside.
        """
        return environments.of_service(self.service) if self.service else {}

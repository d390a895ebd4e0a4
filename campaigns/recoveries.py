"""The kinds of recovery: which of a chain's inputs are worth another try (W5)."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from datahandling.query import (
    Children,
    Consumed,
    Dataset,
    Handles,
    Located,
    Nothing,
    Parents,
    ProjectFiles,
    Query,
)


@dataclass(frozen=True)
class Chain:
    """What a recovery is asked about: an original with its recoveries.

    ``projects`` begins with the original's; ``children`` are the files that the chain's jobs made,
    located or not; ``required`` has one query per kind of child that an input must have;
    ``ended_well`` gives what processes of a project consumed that ended well, ``owned_by_others``
    what other submissions own of projects that they share with these.
    """

    dataset: str
    projects: tuple[str, ...]
    children: Query
    required: tuple[Query, ...]
    depth: int = 1
    ended_well: Callable[[str], Query] = Consumed
    owned_by_others: Callable[[Collection[str]], Query] = lambda projects: Nothing()

    @property
    def inputs(self) -> Query:
        return _any(ProjectFiles(project) for project in self.projects)

    @property
    def consumed(self) -> Query:
        return _any(Consumed(project) for project in self.projects)

    @property
    def processed(self) -> Query:
        """Inputs that were consumed by processes that ended well. May ask the data handler."""
        return _any(self.ended_well(project) for project in self.projects)

    @property
    def on_their_way(self) -> Query:
        """Inputs that have children already, located or about to be."""
        return Parents(self.children, self.depth)

    @property
    def delivered(self) -> Query:
        """Inputs that have every required kind of child, with a location."""
        complete: Query = self.inputs
        for kind in self.required:
            complete = complete & Parents(kind & Located(), self.depth)
        return complete

    @property
    def added(self) -> Query:
        """Files of the dataset that are no inputs, here or of whom the project is shared with."""
        if not self.dataset:
            return Nothing()
        added = Dataset(self.dataset) - self.inputs - self.consumed
        others = self.owned_by_others(self.projects)
        return added if isinstance(others, Nothing) else added - others

    def in_states(self, *states: str) -> Query:
        """Inputs whose handle, in any project of the chain, is in one of ``states``."""
        return _any(Handles(project, states) for project in self.projects)


def _any(queries: Iterable[Query]) -> Query:
    nothing: Query = Nothing()
    return reduce(or_, queries, nothing)


@dataclass(frozen=True)
class RecoveryType:
    title: str
    select: Callable[[Chain], Query]
    repeats: bool = False  # may take inputs whose children are there already
    waits_to_settle: bool = False  # asks only once outputs on their way had time to arrive

    def files(self, chain: Chain) -> Query:
        """Return the inputs to try again."""
        chosen = self.select(chain)
        return chosen if self.repeats else chosen - chain.on_their_way - chain.delivered


# A job type made for SAM may be used on Data Dispatcher: these names are understood there so.
ON_DATA_DISPATCHER = {"consumed_status": "state_not_done", "process_status": "state_failed"}

RECOVERY_TYPES: dict[str, RecoveryType] = {
    "consumed_status": RecoveryType("not consumed", lambda chain: chain.inputs - chain.consumed),
    "process_status": RecoveryType(
        "not consumed, or of a failed process", lambda chain: chain.inputs - chain.processed
    ),
    "added_files": RecoveryType("added to the dataset since", lambda chain: chain.added),
    "delivered_not_consumed": RecoveryType(
        "delivered but not consumed",
        lambda chain: chain.in_states("reserved", "failed") - chain.consumed,
    ),
    "pending_files": RecoveryType(
        "without all their children",
        lambda chain: chain.inputs - chain.delivered,
        waits_to_settle=True,
    ),
    "state_failed": RecoveryType(
        "failed files again", lambda chain: chain.in_states("failed") - chain.consumed
    ),
    "state_not_done": RecoveryType(
        "reserved or failed files again", lambda chain: chain.inputs - chain.consumed
    ),
    "reprocess_orphans": RecoveryType(
        "done but without children",
        lambda chain: (
            chain.in_states("done", "failed")
            - Parents(Children(chain.inputs, chain.depth), chain.depth)
        ),
        repeats=True,
    ),
    "reprocess_all": RecoveryType("the whole project", lambda chain: chain.inputs, repeats=True),
}

# What each data service can tell of a project's files; one that isn't named here tells all of it.
TOLD_BY: dict[str, tuple[str, ...]] = {
    "sam": (
        "consumed_status",
        "process_status",
        "added_files",
        "delivered_not_consumed",
        "pending_files",
    ),
    "data_dispatcher": (
        "state_failed",
        "state_not_done",
        "reprocess_orphans",
        "reprocess_all",
        "added_files",
    ),
}


def recoveries_on(data_handler: str) -> dict[str, RecoveryType]:
    """Return the recovery types that make sense on a data handler, by name."""
    return {name: RECOVERY_TYPES[name] for name in TOLD_BY.get(data_handler, RECOVERY_TYPES)}


def recoveries_listed_on(data_handler: str) -> set[str]:
    """Return the names that a job type's list may hold there, those that mean another included."""
    meant = ON_DATA_DISPATCHER if data_handler == "data_dispatcher" else {}
    return {*recoveries_on(data_handler), *meant}

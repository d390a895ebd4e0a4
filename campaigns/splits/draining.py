"""Splits that hand out what hasn't been handed out yet: for datasets that grow or shrink.

The position is the snapshot of everything handed out so far, so a file that arrives late is
taken whenever it comes, and none is taken twice.
"""

from dataclasses import dataclass
from typing import ClassVar

from campaigns.splits.base import Look, Slice, Split, SplitError, argument
from datahandling.query import Consumed, Query, Run, Snapshot


@dataclass(frozen=True)
class Draining(Split):
    """Take the whole dataset each time: for one whose definition leaves out what is done."""

    name: ClassVar[str] = "draining"
    ends: ClassVar[bool] = False
    grows: ClassVar[bool] = True

    def next_slice(self, look: Look) -> Slice | None:
        return Slice(look.dataset, None, look.index + 1)


@dataclass(frozen=True)
class DrainingN(Split):
    """Take n files at a time of those not taken yet. For a dataset that grows."""

    name: ClassVar[str] = "drainingn"
    grows: ClassVar[bool] = True
    n: int = argument("files per slice")

    def next_slice(self, look: Look) -> Slice | None:
        return _at_most(self.n, look.files, look)


@dataclass(frozen=True)
class StagedFiles(Split):
    """Take n files at a time of those that a staging project has consumed.

    The dataset is that project's name.
    """

    name: ClassVar[str] = "stagedfiles"
    reads: ClassVar[str] = "project"
    grows: ClassVar[bool] = True
    n: int = argument("files per slice")

    def next_slice(self, look: Look) -> Slice | None:
        return _at_most(self.n, Consumed(look.dataset), look)

    def check_dataset(self, dataset: str) -> None:
        if not dataset.strip():
            raise SplitError(
                f"{self} needs the name of the project that stages the files, as its dataset"
            )


@dataclass(frozen=True)
class ByExistingRuns(Split):
    """Take one run at a time, of the files not taken yet. For a dataset that grows run by run."""

    name: ClassVar[str] = "byexistingruns"
    grows: ClassVar[bool] = True

    def next_slice(self, look: Look) -> Slice | None:
        left = _not_taken(look.files, look)
        run = look.handler.first_run(left)
        if run is None:
            return None
        return Slice(f"{look.stem}_slice_{look.index}_run_{run}", left & Run(run), None)


def _at_most(n: int, files: Query, look: Look) -> Slice | None:
    chosen = _not_taken(files, look)[:n]
    if not look.has_files(chosen):
        return None
    return Slice(f"{look.stem}_slice_{look.index}_stage_{n}", chosen, None)


def _not_taken(files: Query, look: Look) -> Query:
    return files if look.position is None else files - Snapshot(look.position)

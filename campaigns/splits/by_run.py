"""Splits by run number."""

from dataclasses import dataclass
from typing import ClassVar

from campaigns.splits.base import Look, Slice, Split, SplitError, argument, whole_number
from datahandling.query import Run, RunsBetween


@dataclass(frozen=True)
class ByRun(Split):
    """Take one run at a time, from low to high inclusive. Runs without files are passed over."""

    name: ClassVar[str] = "byrun"
    low: int = argument("first run", whole_number, default=1)
    high: int = argument("last run", whole_number, default=999_999)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise SplitError(
                f"low={self.low} is above high={self.high}: there is no run between them"
            )

    def next_slice(self, look: Look) -> Slice | None:
        start = self.low if look.position is None else look.position
        run = self._first_with_files(look, start)
        if run is None:
            return None
        name = f"{look.stem}_{look.unique}_run_{run}"
        return Slice(name, look.files & Run(str(run)), run + 1)

    def _first_with_files(self, look: Look, start: int) -> int | None:
        """Return the first run from ``start`` on that has files, asking few questions.

        Look at one run, then at the next two, the next four …; halve the part that has files.
        """
        low, width = start, 1
        while low <= self.high:
            high = min(low + width - 1, self.high)
            if self._have_files(look, low, high):
                break
            low, width = high + 1, width * 2
        else:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._have_files(look, low, middle) else (middle + 1, high)
        return low

    def _have_files(self, look: Look, low: int, high: int) -> bool:
        return look.has_files(look.files & RunsBetween(low, high))

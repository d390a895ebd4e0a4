"""Splits by run number."""

from dataclasses import dataclass
from typing import ClassVar

from campaigns.splits.base import Look, Slice, Split, SplitError, argument, whole_number
from datahandling.query import Run


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
        run = self.low if look.position is None else look.position
        if run > self.high:
            return None
        files = look.files & Run(str(run))
        return Slice(
            f"{look.dataset}_{look.unique}_run_{run}",
            files,
            run + 1,
            empty=not look.has_files(files),
        )

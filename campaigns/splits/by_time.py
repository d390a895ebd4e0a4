"""Splits by when the data were taken."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from django.utils.timezone import get_default_timezone

from campaigns.durations import UNITS
from campaigns.splits.base import Look, Slice, Split, SplitError, argument
from datahandling.query import EndedBetween

SECONDS = {"": 1, **UNITS}
DURATION = re.compile(r"([0-9]{1,12})([wdhms]?)")
LAST_DAY = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())  # what a datetime can say
TRUTH = {"0": False, "1": True, "false": False, "true": True, "local": True}


def seconds(text: str) -> int:
    """Read a number of seconds, or of what its last letter says: w, d, h, m or s."""
    found = DURATION.fullmatch(text)
    if found is None:
        raise SplitError(f"{text!r} is no time: write a number and w, d, h, m or s, such as 12h")
    return min(int(found[1]) * SECONDS[found[2]], LAST_DAY)


def truth(text: str) -> bool:
    """Read 0 or 1."""
    if text not in TRUTH:
        raise SplitError(f"{text!r} is neither 0 nor 1")
    return TRUTH[text]


@dataclass(frozen=True)
class New(Split):
    """Take what ended in the next window of time. For a dataset that grows.

    Each window begins where the one before ended; it is looked at once it is over by fts, the
    time that a file may take to be declared.
    """

    name: ClassVar[str] = "new"
    grows: ClassVar[bool] = True
    localtime: bool = argument(
        "1: the files say when they ended in local time instead of UTC", truth, default=False
    )
    window: int = argument("length of a window", seconds, default=SECONDS["w"])
    round: int = argument("windows begin and end at multiples of this", seconds, default=1)
    fts: int = argument("how late a file may be declared", seconds, default=30 * SECONDS["m"])
    firsttime: int | None = argument(
        "start of the first window, seconds since 1970", seconds, default=None
    )
    lasttime: int | None = argument(
        "end of the last window, seconds since 1970; else now", seconds, default=None
    )

    def __post_init__(self) -> None:
        if self.round < 1:
            raise SplitError("round=0 rounds nothing: use 1s or more")
        if self.window < self.round:
            raise SplitError(
                f"a window of {self.window} s is shorter than its rounding of {self.round} s"
            )

    def next_slice(self, look: Look) -> Slice | None:
        newest = self._newest_start(look.now)
        start = next((t for t in (look.position, self.firsttime) if t is not None), newest)
        if start > newest or newest < 0:
            return None
        end = start + self._rounded(self.window)
        files = look.files & EndedBetween(self._moment(start), self._moment(end))
        name = f"{look.stem}_{look.unique}_time_{start}__{end}"
        return Slice(name, files, end, empty=not look.has_files(files))

    def _newest_start(self, now: datetime) -> int:
        """Return when the newest window begins that is over, in seconds since 1970."""
        last = int(now.timestamp()) if self.lasttime is None else self.lasttime
        return self._rounded(last - self.fts - self.window)

    def _rounded(self, time: int) -> int:
        return time - time % self.round

    def _moment(self, time: int) -> datetime:
        """Return what a file that ended at ``time`` says: its clock may be the site's."""
        zone = get_default_timezone() if self.localtime else UTC
        return datetime.fromtimestamp(time, zone).replace(tzinfo=UTC)

"""The span of time that a page of statistics is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

DEFAULT = timedelta(days=7)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3660)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """From ``start``, not included, to ``end``. Lengths may be any, half a day for instance."""

    end: datetime
    length: timedelta = DEFAULT

    @classmethod
    def read(cls, said: Mapping[str, str], otherwise: datetime) -> "Window":
        """Return what ``until`` and ``days`` say; what makes no sense counts as not said."""
        return cls(_moment(said.get("until", "")) or otherwise, _length(said.get("days", "")))

    @property
    def start(self) -> datetime:
        return self.end - self.length

    @property
    def days(self) -> str:
        return f"{self.length / timedelta(days=1):g}"

    @property
    def inside(self) -> Q:
        """The submissions that were asked for, or last moved, within the window."""
        return Q(created__gt=self.start, created__lte=self.end) | Q(
            status_since__gt=self.start, status_since__lte=self.end
        )

    @property
    def query(self) -> str:
        return urlencode({"until": self.end.isoformat(), "days": self.days})

    @property
    def before(self) -> "Window":
        return Window(self.start, self.length)

    @property
    def after(self) -> "Window":
        return Window(self.end + self.length, self.length)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return moment if FIRST < moment < LAST else None


def _length(text: str) -> timedelta:
    try:
        length = timedelta(days=float(text))
    except (ValueError, OverflowError):
        return DEFAULT
    return length if SHORTEST <= length <= LONGEST else DEFAULT

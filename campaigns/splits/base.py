"""What every split type is: a frozen value that says which slice of a dataset comes next."""

from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from datahandling.base import DataHandler
from datahandling.query import Dataset, Query


class SplitError(ValueError):
    """A split type, its arguments, or the dataset given to it can't be read; the text says why."""


@dataclass(frozen=True)
class Slice:
    """The next piece of work of a pass.

    ``query`` is None where nothing is to be defined: the dataset exists, or is a bare value.
    ``position_after`` is None where only handing the slice out can tell: see ``frozen``.
    """

    dataset: str
    query: Query | None
    position_after: int | None
    empty: bool = False

    @property
    def frozen(self) -> bool:
        """Whether the files are listed when handed out, the position being a snapshot of all."""
        return self.position_after is None


@dataclass(frozen=True)
class Look:
    """One look at what comes next: where the pass is, and whom to ask about the files."""

    handler: DataHandler
    dataset: str
    position: int | None  # None: at the start
    now: datetime
    unique: str  # the same for the same pass and position

    @property
    def index(self) -> int:
        return self.position or 0

    @property
    def stem(self) -> str:
        """What the names of slices begin with."""
        return self.handler.stem(self.dataset)

    @property
    def files(self) -> Query:
        return Dataset(self.dataset)

    def has_files(self, query: Query) -> bool:
        return self.handler.count(query) > 0


@dataclass(frozen=True)
class Split(ABC):
    """One split type with its arguments. The docstring of a type is its help text."""

    name: ClassVar[str]
    ends: ClassVar[bool] = True  # False: it offers slices for ever
    grows: ClassVar[bool] = False  # True: made for datasets to which files are added
    reads: ClassVar[str] = "dataset"  # what the dataset field has to name or hold

    @abstractmethod
    def next_slice(self, look: Look) -> Slice | None:
        """Return the slice at ``look.position``, or None when there is none now.

        Raises:
            datahandling.base.Unknown: the data handler gave no clear answer.
            SplitError: the dataset isn't what this type asks for.
        """

    def check_dataset(self, dataset: str) -> None:
        """Raise SplitError when ``dataset`` isn't what this type asks for."""
        if not dataset.strip():
            raise SplitError(f"{self} needs a dataset to split")

    def __str__(self) -> str:
        given = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        words = [
            str(v) if default is MISSING else f"{n}={int(v)}"
            for n, v, default in given
            if v != default
        ]
        return f"{self.name}({','.join(words)})" if words else self.name


LARGEST = 2**31 - 1


def whole_number(text: str) -> int:
    """Read a whole number."""
    if not text.isascii() or not text.isdigit():
        raise SplitError(f"{text!r} is no whole number")
    if len(text) > 10 or int(text) > LARGEST:
        raise SplitError(f"{text} is too large: use {LARGEST} or less")
    return int(text)


def positive(text: str) -> int:
    """Read a whole number that is at least 1."""
    number = whole_number(text)
    if number < 1:
        raise SplitError(f"{text} is too small: use 1 or more")
    return number


def argument(help_text: str, read: Any = positive, **options: Any) -> Any:
    """Make a field that is an argument of the split: how to read it, and what the form says."""
    return field(metadata={"read": read, "help": help_text}, **options)

"""Splits over what is written in the dataset field itself: datasets or parameters."""

import json
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from campaigns.splits.base import Look, Slice, Split, SplitError

EXAMPLE = '[["electron", "muon"], ["1GeV", "3GeV"]]'


@dataclass(frozen=True)
class ListOf(Split):
    """Take the entries of a comma list, one after the other: names of datasets, or parameters."""

    name: ClassVar[str] = "list"
    reads: ClassVar[str] = "comma list"

    def next_slice(self, look: Look) -> Slice | None:
        entries = _entries(look.dataset)
        if look.index >= len(entries):
            return None
        return Slice(entries[look.index], None, look.index + 1)

    def check_dataset(self, dataset: str) -> None:
        if not _entries(dataset):
            raise SplitError("list needs a comma list as its dataset, such as run1_raw, run2_raw")


@dataclass(frozen=True)
class MultiParam(Split):
    """Take every combination of parameters, the first list varying fastest.

    The dataset is a JSON list of lists: [["electron", "muon"], ["1GeV", "3GeV"]] gives
    electron_1GeV, muon_1GeV, electron_3GeV, muon_3GeV.
    """

    name: ClassVar[str] = "multiparam"
    reads: ClassVar[str] = "list of lists"

    def next_slice(self, look: Look) -> Slice | None:
        lists = _lists(look.dataset)
        if look.index >= prod(len(values) for values in lists):
            return None
        return Slice("_".join(_combination(lists, look.index)), None, look.index + 1)

    def check_dataset(self, dataset: str) -> None:
        _lists(dataset)


def _entries(dataset: str) -> list[str]:
    return [entry.strip() for entry in dataset.split(",") if entry.strip()]


def _lists(dataset: str) -> list[list[str]]:
    wanted = f"multiparam needs a JSON list of lists as its dataset, such as {EXAMPLE}"
    try:
        lists = json.loads(dataset)
    except ValueError as error:
        raise SplitError(f"{wanted}; this is no JSON: {error}") from None
    if (
        not isinstance(lists, list)
        or not lists
        or not all(isinstance(v, list) and v for v in lists)
    ):
        raise SplitError(wanted)
    if not all(isinstance(value, str | int | float) for values in lists for value in values):
        raise SplitError(f"{wanted}; its values are text or numbers")
    return [[str(value) for value in values] for values in lists]


def _combination(lists: list[list[str]], index: int) -> list[str]:
    """Return the ``index``-th combination: ``index`` written in mixed radix, first digit lowest."""
    chosen = []
    for values in lists:
        index, digit = divmod(index, len(values))
        chosen.append(values[digit])
    return chosen

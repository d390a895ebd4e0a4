"""Which slice a pass hands out next, and the dataset that stands for it (W7).

Looking changes nothing. Handing out defines the dataset, in a way that doing it twice gives the
same: a plan that was lost on the way leaves nothing behind that the next one would stumble over.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from campaigns.splits.base import Look, Slice, Split
from datahandling.base import DataHandler, DatasetConflict
from datahandling.query import Dataset, Query, Snapshot

NO_DATASET = frozenset({"from_parent", "none", ""})  # as campaign files say it
SLICES = UUID("9d1c8e2e-57c5-4d5b-9b07-0f1d3c5a6e42")


def names_dataset(text: str) -> bool:
    """Tell whether a stage's dataset field says which data, and not only that it is fed."""
    return text.strip().lower() not in NO_DATASET


@dataclass(frozen=True)
class Found:
    """What a look found: a slice; or that none is left now; or where to look on.

    ``continue_at`` is set when only empty slices were met, the last one ending there. Together
    with ``exhausted`` it says where the next look, at a dataset that has grown, begins.
    """

    slice: Slice | None = None
    exhausted: bool = False
    continue_at: int | None = None


def peek_slice(
    handler: DataHandler,
    split: Split,
    dataset: str,
    position: int | None,
    tag: str,
    now: datetime,
    bound: int = 20,
) -> Found:
    """Look for the next slice that isn't empty, at ``bound`` slices at most; define nothing.

    ``tag`` names stage and pass: equal tags and positions give equal names of datasets.

    Raises:
        Unknown: the data handler gave no clear answer.
        SplitError: ``dataset`` isn't what the split asks for.
    """
    at = position
    for _ in range(bound):
        piece = split.next_slice(Look(handler, dataset, at, now, _unique(tag, at)))
        if piece is None:
            return Found(exhausted=True, continue_at=None if at == position else at)
        if not piece.empty:
            return Found(slice=piece)
        at = piece.position_after
    return Found(continue_at=at)


def find_slice(
    handler: DataHandler,
    split: Split,
    dataset: str,
    position: int | None,
    tag: str,
    now: datetime,
    bound: int = 20,
) -> Found:
    """As ``peek_slice``, and make the slice's dataset: ready to be handed out.

    The slice counts as taken once ``position_after`` is the position of the pass. A name that is
    taken by something else gets a suffix.

    Raises also:
        DatasetConflict: the name with the suffix is taken, too.
    """
    found = peek_slice(handler, split, dataset, position, tag, now, bound)
    piece = found.slice
    if piece is None or piece.query is None:
        return found
    make = _freeze if piece.frozen else _define
    return Found(make(handler, piece, piece.query, position, _unique(tag, position)))


def _define(
    handler: DataHandler, piece: Slice, query: Query, position: int | None, unique: str
) -> Slice:
    """Define the dataset of a slice; its files are whatever its query says when asked."""
    try:
        handler.define(piece.dataset, query)
    except DatasetConflict:
        piece = replace(piece, dataset=f"{piece.dataset}_{unique}")
        handler.define(piece.dataset, query)
    return piece


def _freeze(
    handler: DataHandler, piece: Slice, query: Query, position: int | None, unique: str
) -> Slice:
    """List the files of a slice for good, and snapshot them with all that were handed out before.

    Files that come after the list is made belong to a later slice, so they mustn't be counted.
    """
    if handler.exists(piece.dataset) and not _is_part(handler, Dataset(piece.dataset), query):
        piece = replace(piece, dataset=f"{piece.dataset}_{unique}")
    handler.freeze(piece.dataset, query)
    files = Dataset(piece.dataset)
    taken = files if position is None else Snapshot(position) | files
    return replace(piece, position_after=handler.take_snapshot(taken))


def _is_part(handler: DataHandler, there: Query, query: Query) -> bool:
    """Say whether what is there fits, as a plan's does that was made over fewer files."""
    return handler.count(there) > 0 and handler.count(there - query) == 0


def _unique(tag: str, position: int | None) -> str:
    return uuid5(SLICES, f"{tag}:{'' if position is None else position}").hex[:12]

"""The split types: how a stage's dataset is cut into slices, one submission each."""

from django.core.exceptions import ValidationError

from campaigns.splits import parsing
from campaigns.splits.base import Look, Slice, Split, SplitError
from campaigns.splits.by_count import LimitN, Mod, NFiles
from campaigns.splits.by_run import ByRun
from campaigns.splits.by_time import New
from campaigns.splits.draining import ByExistingRuns, Draining, DrainingN, StagedFiles
from campaigns.splits.lists import ListOf, MultiParam

__all__ = ["SPLITS", "Look", "Slice", "Split", "SplitError", "parse_split", "validate_split"]

SPLITS: dict[str, type[Split]] = {
    "byexistingruns": ByExistingRuns,
    "byrun": ByRun,
    "draining": Draining,
    "drainingn": DrainingN,
    "limitn": LimitN,
    "list": ListOf,
    "mod": Mod,
    "multiparam": MultiParam,
    "new": New,
    "nfiles": NFiles,
    "stagedfiles": StagedFiles,
}


def parse_split(text: str | None) -> Split | None:
    """Return the split that ``text`` names; None where it names none. Raises SplitError."""
    return parsing.parse(text, SPLITS)


def validate_split(value: str) -> None:
    """Refuse a text that names no split type or isn't how its arguments are written."""
    try:
        parse_split(value)
    except SplitError as error:
        raise ValidationError(str(error)) from error

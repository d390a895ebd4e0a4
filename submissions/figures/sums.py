"""Figures of many submissions: row by row, and their sums; all read from what is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Count, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from datahandling.query import HANDLE_STATES
from submissions.figures import FIGURES, Figure
from submissions.figures.base import Number
from submissions.models import FileStatistics, Submission

# The few figures that say how far things are, as the bar beside them does: of each line the first
# that there is.
BRIEF = (
    ("files", "submitted"),
    ("done", "consumed"),
    ("not_processed", "failed"),
    ("available_output",),
    ("pending",),
)
TITLES = ("project id", "title")  # what a service calls a project
OF_ORIGINALS = Q(original=None)  # their figures are those of their chains


@dataclass(frozen=True)
class Cell:
    """A figure's number; None where it isn't known, or makes no sense."""

    figure: Figure
    number: Number | None


@dataclass(frozen=True)
class Row:
    """A submission and its figures, in the order of the table's columns."""

    submission: Submission
    statistics: FileStatistics | None
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """What the service calls the submission's project, where it has names of its own."""
        facts = self.statistics.project if self.statistics else {}
        return " | ".join(facts[name] for name in TITLES if name in facts)


@dataclass(frozen=True)
class Sums:
    """What the figures of some submissions add up to: each input of a chain counts once."""

    cells: tuple[Cell, ...]
    states: dict[str, int]
    submissions: int
    unknown: int  # of how many with figures the last look found no answer
    without: int  # how many have no figures yet, which are missing in the sums
    oldest: datetime | None  # when the oldest of the figures was so


def row_of(submission: Submission, figures: tuple[Figure, ...]) -> Row:
    statistics: FileStatistics | None = getattr(submission, "statistics", None)
    known = statistics.figures if statistics else {}
    cells = tuple(Cell(figure, known.get(figure.key)) for figure in figures)
    return Row(submission, statistics, cells)


def brief(kind: str) -> tuple[Figure, ...]:
    """Return the few figures that say how far things are."""
    there = {figure.key: figure for figure in FIGURES[kind]}
    chosen = (next((there[key] for key in keys if key in there), None) for keys in BRIEF)
    return tuple(figure for figure in chosen if figure is not None)


def sums_of(rows: QuerySet[Submission], figures: tuple[Figure, ...]) -> Sums:
    """Return the sums over submissions, replaced ones left out, in one query."""
    return _read(counted(rows).aggregate(**_terms(figures)), figures)


def sums_by_stage(
    rows: QuerySet[Submission], figures: tuple[Figure, ...]
) -> Iterator[tuple[int, Sums]]:
    """Yield the sums for each stage, by its key, in one query."""
    for said in counted(rows).order_by().values("stage").annotate(**_terms(figures)):
        yield said["stage"], _read(dict(said), figures)


def counted(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    """Leave out those that another took the place of: their files were given to that one again."""
    return rows.filter(replaced_by=None)


def _terms(figures: tuple[Figure, ...]) -> dict[str, Any]:
    unknown = Q(statistics__unknown__gt="", statistics__asked_at__isnull=False)
    return {
        **{figure.key: _sum("figures", figure.key) for figure in figures if figure.adds_up},
        **{f"state_{state}": _sum("states", state) for state in HANDLE_STATES},
        "number": Count("pk"),
        "unknown_ones": Count("pk", filter=OF_ORIGINALS & unknown),
        "without": Count("pk", filter=OF_ORIGINALS & Q(statistics__asked_at=None)),
        "oldest": Min("statistics__asked_at", filter=OF_ORIGINALS),
    }


def _sum(field: str, key: str) -> Sum:
    """Return the sum over chains: of the number of a chain, else of the original's own."""
    return Sum(Coalesce(_number(f"chain_{field}", key), _number(field, key)), filter=OF_ORIGINALS)


def _number(field: str, key: str) -> Cast:
    return Cast(KeyTextTransform(key, f"statistics__{field}"), BigIntegerField())


def _read(said: dict[str, Any], figures: tuple[Figure, ...]) -> Sums:
    return Sums(
        tuple(Cell(figure, said.get(figure.key)) for figure in figures if figure.adds_up),
        {state: said[f"state_{state}"] or 0 for state in HANDLE_STATES},
        said["number"],
        said["unknown_ones"],
        said["without"],
        said["oldest"],
    )

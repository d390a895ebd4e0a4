"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from poms_client.api import Json
from poms_client.people import jobs

MOMENTS = ("at", "last_at", "uploaded_at")
IN_ONE_LINE = (
    *("id", "submission_id", "status", "jobs", "jobsub_job_id", "name", "file", "size"),
    *MOMENTS,
)
HEADS = {"submission_id": "id", "pct_complete": "%", "jobsub_job_id": "job id"}
PADDING = 2  # cells on both sides of a column
BAR = 12  # cells

console = Console()


def show_rows(rows: Iterable[Json], chosen: Sequence[str], as_json: bool) -> None:
    """Print the columns that the rows have; all of them where a program reads.

    Nothing is cut off: on a terminal cells that aren't ``IN_ONE_LINE`` go on in the next one, and
    elsewhere a row is a line, however long.
    """
    rows = list(rows)
    if as_json:
        print(json.dumps(rows))
        return
    if not rows:
        print("there are none", file=sys.stderr)
        return
    known = [column for column in chosen if any(column in row for row in rows)]
    table = _table(known, [[_cell(row, column) for column in known] for row in rows])
    console.print(table, crop=False)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=None, header_style="bold")
    least = 0
    for number, column in enumerate(columns):
        head = HEADS.get(column, column)
        whole = column in IN_ONE_LINE or not console.is_terminal
        width = max(cell_len(head), *(row[number].cell_len for row in rows if whole), 0)
        table.add_column(head, overflow="fold", no_wrap=whole, min_width=width)
        least += width + PADDING
    if least > console.width:
        table.width = least
    for row in rows:
        table.add_row(*row)
    return table


def show_submission(submission: Json) -> None:
    """Print what is known of one submission, a line for each thing."""
    for key, value in submission.items():
        said = jobs_of(submission, jobs.in_words) if key == "jobs" else Text(text_of(value))
        console.print(Text.assemble((key, "bold"), ": ", said), soft_wrap=True)


def jobs_of(submission: Json, told: Callable[[Json], str] = jobs.in_short) -> Text:
    """Return a bar and the figures on a terminal, and elsewhere just the figures."""
    words = Text(told(submission))
    return Text(" ").join([jobs.bar(submission, BAR), words]) if console.is_terminal else words


def clock(moment: str) -> str:
    """Return a moment of the API's to the second; it is UTC."""
    return moment[:19].replace("T", " ")


def text_of(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _cell(row: Json, column: str) -> Text:
    if column == "jobs":
        return jobs_of(row)
    if column == "pct_complete":
        percent = jobs.percent_of(row)
        return Text("" if percent is None else f"{percent:g}")
    text = text_of(row.get(column))
    return Text(clock(text) if column in MOMENTS else " ".join(text.splitlines()))

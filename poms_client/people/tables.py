"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from poms_client.api import Json
from poms_client.people import jobs

MOMENTS = ("at", "last_at", "uploaded_at")
BAR = 12  # cells

console = Console()


def show_rows(rows: Iterable[Json], columns: Sequence[str], as_json: bool) -> None:
    """Print the columns that the rows have; all of them where a program reads."""
    rows = list(rows)
    if as_json:
        print(json.dumps(rows))
        return
    known = [column for column in columns if any(column in row for row in rows)]
    table = Table(*known, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(row, column) for column in known))
    console.print(table)


def show_submission(submission: Json) -> None:
    """Print what is known of one submission, a line for each thing."""
    for key, value in submission.items():
        said = jobs_of(submission, jobs.in_words) if key == "jobs" else Text(text_of(value))
        console.print(Text.assemble((key, "bold"), ": ", said))


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
    text = text_of(row.get(column))
    return Text(clock(text) if column in MOMENTS else text)

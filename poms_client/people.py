"""What people ask and do: a thin layer of tables over the REST API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, Optional

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from poms_client.api import Api, Json

FINISHED = {"Located", "Removed", "Cancelled", "Skipped", "Failed", "LaunchFailed"}

SUBMISSION = ("submission_id", "campaign", "stage", "status", "pct_complete", "jobsub_job_id")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="POMS from the command line. In jobs and launches: submit, next, done, failed, declare;"
    " the local batch: batch, find, kill, hold, release; and agent. Each has its --help.",
)
console = Console()

AsJson = typer.Option(False, "--json", help="For programs.")


def run(arguments: list[str]) -> int:
    app(arguments, prog_name="poms")
    return 0


@app.command()
def campaigns(experiment: Optional[str] = None, as_json: bool = AsJson) -> None:
    """Show the campaigns."""
    rows = Api.for_person().each("campaigns/", experiment=experiment)
    _table(rows, ("id", "name", "experiment", "active", "creator"), as_json)


@app.command()
def stages(campaign: Optional[str] = None, as_json: bool = AsJson) -> None:
    """Show the stages, of one campaign or all."""
    rows = Api.for_person().each("stages/", campaign=campaign)
    _table(rows, ("id", "name", "campaign", "dataset", "split_type", "software_version"), as_json)


@app.command()
def submissions(
    stage: Optional[int] = None,
    campaign: Optional[int] = None,
    status: Optional[str] = None,
    limit: int = 50,
    as_json: bool = AsJson,
) -> None:
    """Show the latest submissions."""
    asked = {"stage": stage, "stage__campaign": campaign, "status": status}
    rows = Api.for_person().each("submissions/", limit, **asked)
    _table(rows, SUBMISSION, as_json)


@app.command()
def show(submission: int, as_json: bool = AsJson) -> None:
    """Show one submission and its history."""
    api = Api.for_person()
    found = api.get(f"submissions/{submission}/")
    history = list(api.each(f"submissions/{submission}/history/"))
    if as_json:
        print(json.dumps({**found, "history": history}))
        return
    for key, value in found.items():
        console.print(f"[bold]{escape(key)}[/]: {escape(_text(value))}")
    _table(history, ("at", "status", "actor", "who", "source", "note"), as_json=False)


@app.command()
def why(submission: int, as_json: bool = AsJson) -> None:
    """Say why a submission is where it is: what was decided about it, the latest first."""
    rows = Api.for_person().each(f"submissions/{submission}/decisions/")
    _table(rows, ("last_at", "about", "conclusion", "facts"), as_json)


@app.command()
def launch(stage: int, test: bool = False) -> None:
    """Launch a stage."""
    launched = Api.for_person().launch(stage, test)
    print(launched.get("submission_id", json.dumps(launched)))


@app.command()
def watch(submission: int, every: float = 2.0) -> None:
    """Follow a submission until it is over; exit 1 when it ended badly."""
    api = Api.for_person()
    last: Optional[tuple[Any, Any]] = None
    while True:
        found = api.get(f"submissions/{submission}/")
        now = (found.get("status"), found.get("pct_complete"))
        if now != last:
            percent = "" if now[1] is None else f" {now[1]} %"
            print(f"{time.strftime('%H:%M:%S')} {now[0]}{percent}", flush=True)
        if now[0] in FINISHED:
            raise typer.Exit(0 if now[0] in {"Located", "Skipped"} else 1)
        last = now
        time.sleep(every)


def _table(rows: Iterable[Json], columns: Sequence[str], as_json: bool) -> None:
    """Print the columns that the rows have; all of them where a program reads."""
    rows = list(rows)
    if as_json:
        print(json.dumps(rows))
        return
    known = [column for column in columns if any(column in row for row in rows)]
    table = Table(*known, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(escape(_text(row.get(column))) for column in known))
    console.print(table)


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)

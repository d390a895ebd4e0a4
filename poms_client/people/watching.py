"""``poms watch``: one submission and its recoveries, live on a terminal, else line by line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Optional

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from poms_client import config
from poms_client.api import JOBS_PATIENCE, Api, Json
from poms_client.errors import Unclear
from poms_client.names import submission_of
from poms_client.people import jobs
from poms_client.people.app import FLAG, InCampaign, InExperiment, Which, app
from poms_client.people.tables import console

BROKEN = {"Failed", "LaunchFailed"}  # a person has to act
ENDED = {"Located", "Removed", "Cancelled", "Skipped"}
WELL = {"Located", "Skipped"}

BAR = 40  # cells
TONES = {**dict.fromkeys(WELL, "green"), **dict.fromkeys(BROKEN, "red"), "Held": "yellow"}


@dataclass(frozen=True)
class Seen:
    """A submission, its recoveries (the first one first), what was last decided about it.

    ``trouble`` says why this is what was seen before, and not what is so now.
    """

    submission: Json
    recoveries: list[Json] = field(default_factory=list)
    decision: Json = field(default_factory=dict)
    trouble: str = ""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens by itself; an original waits for its recoveries."""
        status = self.submission["status"]
        if status in BROKEN or self.submission.get("finished_at"):
            return True
        return self.submission.get("original_id") is not None and status in ENDED

    @property
    def why(self) -> str:
        decided = self.decision
        return f"{decided['about']}: {decided['conclusion']}" if decided else ""


LinesOfJson = typer.Option(False, "--json", metavar=FLAG, help="A line of JSON for each change.")


@app.command()
def watch(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    every: float = typer.Option(2.0, min=0, help="Seconds between looks."),
    as_json: bool = LinesOfJson,
) -> None:
    """Follow a submission, with its recoveries, until it is over; exit 1 when it ended badly."""
    api = Api.for_person()
    number = submission_of(api, submission, campaign, experiment)
    looks = _looks(api, number, every)
    if as_json:
        last = _in_json(looks)
    else:
        last = _live(looks) if console.is_terminal else _line_by_line(looks)
    raise typer.Exit(0 if last.submission["status"] in WELL else 1)


def _looks(api: Api, number: int, every: float) -> Iterator[Seen]:
    """Yield what is seen until it is over; a POMS that is away for a while is waited for.

    :raises Unclear: it gave no answer at first, or for ``POMS_PATIENCE`` seconds.
    """
    patience = config.patience(JOBS_PATIENCE)
    seen = _look(api, number)
    heard = time.monotonic()
    while True:
        yield seen
        if seen.is_over:
            return
        time.sleep(every)
        try:
            seen = _look(api, number)
            heard = time.monotonic()
        except Unclear as unclear:
            if time.monotonic() - heard > patience:
                raise
            seen = replace(seen, trouble=str(unclear))


def _look(api: Api, number: int) -> Seen:
    found = api.get(f"submissions/{number}/")
    recoveries = api.each("submissions/", original=number)
    decisions = api.each(f"submissions/{number}/decisions/", 1, page_size=1)
    return Seen(
        found,
        sorted(recoveries, key=lambda row: int(row["submission_id"])),
        next(decisions, {}),
    )


def _in_json(looks: Iterator[Seen]) -> Seen:
    last = ""
    for seen in looks:
        line = json.dumps(
            {**seen.submission, "recoveries": seen.recoveries, "decision": seen.decision or None}
        )
        if line != last:
            print(line, flush=True)
        last = line
    return seen


def _line_by_line(looks: Iterator[Seen]) -> Seen:
    """Print a line for each thing that changed, with the time at which it was seen."""
    last: dict[str, str] = {}
    for seen in looks:
        for subject, line in _lines(seen).items():
            if line and line != last.get(subject):
                out = sys.stderr if subject == "trouble" else sys.stdout
                print(f"{time.strftime('%H:%M:%S')} {subject and subject + ': '}{line}", file=out)
                out.flush()
        last = _lines(seen)
    return seen


def _lines(seen: Seen) -> dict[str, str]:
    """Return what there is to say, by what it is about: nothing stands for the submission."""
    lines = {"": _in_words(seen.submission)}
    for recovery in seen.recoveries:
        lines[f"recovery {recovery['submission_id']}"] = _in_words(recovery)
    return {**lines, "why": seen.why, "trouble": seen.trouble}


def _in_words(submission: Json) -> str:
    percent = jobs.percent_of(submission)
    said = submission["status"] + ("" if percent is None else f" {percent:g} %")
    return ", ".join(filter(None, [said, jobs.in_words(submission)]))


def _live(looks: Iterator[Seen]) -> Seen:
    with Live(console=console, auto_refresh=False) as live:
        for seen in looks:
            live.update(drawing(seen), refresh=True)
    return seen


def drawing(seen: Seen) -> RenderableType:
    """Return what a terminal shows: headline, bar, why, and a line for each recovery."""
    parts: list[RenderableType] = [_headline(seen.submission)]
    if jobs.total_of(seen.submission):
        figures = Text(f" {jobs.in_words(seen.submission)}")
        parts.append(jobs.bar(seen.submission, BAR) + figures)
    if seen.why:
        parts.append(Text.assemble(("why  ", "bold"), seen.why))
    if seen.recoveries:
        parts.append(_table_of(seen.recoveries))
    if seen.trouble:
        parts.append(Text(f"as seen before: {seen.trouble}", style="yellow"))
    return Group(*parts)


def _headline(submission: Json) -> Text:
    names = (submission.get(key) for key in ("experiment", "campaign", "stage"))
    where = " / ".join(str(name) for name in names if name)
    percent = jobs.percent_of(submission)
    return Text.assemble(
        (f"submission {submission.get('submission_id', '')}  ", "bold"),
        f"{where}  " if where else "",
        _status(submission),
        "" if percent is None else f"  {percent:g} %",
    )


def _status(submission: Json) -> Text:
    status = submission["status"]
    return Text(status, style=TONES.get(status, "blue"))


def _table_of(recoveries: list[Json]) -> Table:
    table = Table("recovery", "status", "jobs", "", box=None, header_style="bold")
    for recovery in recoveries:
        table.add_row(
            str(recovery["submission_id"]),
            _status(recovery),
            jobs.bar(recovery, BAR // 2),
            jobs.in_short(recovery),
        )
    return table

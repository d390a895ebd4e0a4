"""What people ask and do: a thin layer of tables over the REST API."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from poms_client.api import Api, Json
from poms_client.errors import PomsError

BROKEN = {"Failed", "LaunchFailed"}  # a person has to act
ENDED = {"Located", "Removed", "Cancelled", "Skipped"}
WELL = {"Located", "Skipped"}

MOMENTS = ("at", "last_at")
SUBMISSION = ("submission_id", "campaign", "stage", "status", "pct_complete", "jobsub_job_id")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="POMS from the command line. In jobs and launches: submit, next, done, failed, declare;"
    " the local batch: batch, find, jobs, log, kill, hold, release; and agent."
    " Each has its --help.",
)
console = Console()

AsJson = typer.Option(False, "--json", help="For programs.")
InCampaign = typer.Option(None, "--campaign", help="In which campaign the stage's name is.")
InExperiment = typer.Option(None, "--experiment", help="Where several have that campaign.")
Which = typer.Argument(help="A number; or a stage's name, for its latest submission.")


def run(arguments: list[str]) -> int:
    app(arguments, prog_name="poms")
    return 0


@app.command()
def campaigns(experiment: Optional[str] = None, as_json: bool = AsJson) -> None:
    """Show the campaigns."""
    api = Api.for_person()
    rows = list(api.each("campaigns/", experiment__name=experiment))
    if not rows and experiment:
        _experiment(api, experiment)
    _table(rows, ("id", "name", "experiment", "active", "creator"), as_json)


@app.command()
def stages(
    campaign: Optional[str] = None,
    experiment: Optional[str] = None,
    as_json: bool = AsJson,
) -> None:
    """Show the stages, of one campaign or all."""
    api = Api.for_person()
    asked: Json = {"campaign__name": campaign, "campaign__experiment__name": experiment}
    rows = list(api.each("stages/", **asked))
    if not rows and campaign:
        _campaign(api, campaign, experiment)  # says so if there is none
    elif not rows and experiment:
        _experiment(api, experiment)
    _table(rows, ("id", "name", "campaign", "dataset", "split_type", "software_version"), as_json)


@app.command()
def submissions(
    stage: Optional[str] = None,
    campaign: Optional[str] = None,
    experiment: Optional[str] = None,
    status: Optional[str] = None,
    limit: int = 50,
    as_json: bool = AsJson,
) -> None:
    """Show the latest submissions: of a stage, of a campaign, in a status."""
    api = Api.for_person()
    asked: Json = {"status": status, "experiment__name": experiment}
    if stage:
        asked["stage"] = _stage(api, stage, campaign, experiment)
    elif campaign:
        asked["stage__campaign"] = _campaign(api, campaign, experiment)
    rows = list(api.each("submissions/", limit, **asked))
    if not rows and experiment and not (stage or campaign):
        _experiment(api, experiment)
    _table(rows, SUBMISSION, as_json)


@app.command()
def show(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Show one submission and its history."""
    api = Api.for_person()
    number = _submission(api, submission, campaign, experiment)
    found = api.get(f"submissions/{number}/")
    history = list(api.each(f"submissions/{number}/history/"))
    if as_json:
        print(json.dumps({**found, "history": history}))
        return
    for key, value in found.items():
        console.print(f"[bold]{escape(key)}[/]: {escape(_text(value))}")
    _table(history, ("at", "status", "actor", "who", "source", "note"), as_json=False)


@app.command()
def why(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Say why a submission is where it is: what was decided about it, the latest first."""
    api = Api.for_person()
    number = _submission(api, submission, campaign, experiment)
    rows = api.each(f"submissions/{number}/decisions/")
    _table(rows, ("last_at", "about", "conclusion", "facts"), as_json)


@app.command()
def files(
    submission: str = Which,
    figures: bool = typer.Option(False, help="Show how many of its files are how."),
    figure: Optional[str] = typer.Option(None, help="Show the files behind one of the figures."),
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Show a submission's inputs, its outputs, and the inputs that it had to leave behind."""
    api = Api.for_person()
    path = f"submissions/{_submission(api, submission, campaign, experiment)}/files/"
    if figure is not None:
        _table(({"file": name} for name in _behind(api, path, figure)), ("file",), as_json)
        return
    found = api.get(path, names=None if figures else 1)
    if as_json:
        print(json.dumps(found))
    elif figures:
        rows = [{"figure": name, "files": number} for name, number in found["figures"].items()]
        _table(rows, ("figure", "files"), as_json=False)
        print(f"as of {found['asked_at']}" if found["asked_at"] else "not asked for yet")
    else:
        _table(_named(found), ("file", "is"), as_json=False)


def _named(found: Json) -> Iterator[Json]:
    for file in found["inputs"]:
        yield {"file": file["name"], "is": f"input, {file['state']}"}
    for file in found["outputs"]:
        there = "output" if file["located"] else "output, nowhere yet"
        yield {"file": file["name"], "is": there}
    for file in found["left_behind"]:
        yield {"file": file["name"], "is": file["kind"]}


def _behind(api: Api, path: str, figure: str) -> Iterator[str]:
    page: Optional[int] = 1
    while page is not None:
        found = api.get(path, figure=figure, page=page)
        yield from found["files"]
        page = found["next_page"]


@app.command()
def launch(
    stage: str = typer.Argument(help="Its number or its name."),
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    test: bool = False,
) -> None:
    """Launch a stage, and print the number of the submission."""
    api = Api.for_person()
    launched = api.launch(_stage(api, stage, campaign, experiment), test)
    print(launched.get("submission_id", json.dumps(launched)))
    if launched.get("detail"):
        print(f"poms launch: {launched['detail']}", file=sys.stderr)


@app.command()
def watch(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    every: float = 2.0,
) -> None:
    """Follow a submission, with its recoveries, until it is over; exit 1 when it ended badly."""
    api = Api.for_person()
    number = _submission(api, submission, campaign, experiment)
    last: Optional[tuple[Any, Any]] = None
    while True:
        found = api.get(f"submissions/{number}/")
        now = (found.get("status"), found.get("pct_complete"))
        if now != last:
            percent = "" if now[1] is None else f" {now[1]} %"
            print(f"{time.strftime('%H:%M:%S')} {now[0]}{percent}", flush=True)
        if _is_over(found):
            raise typer.Exit(0 if now[0] in WELL else 1)
        last = now
        time.sleep(every)


def _is_over(submission: Json) -> bool:
    """Tell whether nothing more happens by itself; an original waits for its recoveries."""
    if submission["status"] in BROKEN or submission.get("finished_at"):
        return True
    return submission.get("original_id") is not None and submission["status"] in ENDED


def _submission(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    """Return the number of a submission; of a stage's latest one that is no recovery."""
    if which.isdecimal():
        return int(which)
    stage = _stage(api, which, campaign, experiment)
    rows = api.each("submissions/", 1, stage=stage, original__isnull="true")
    latest = next(rows, None)
    if latest is None:
        raise PomsError(f"stage {which} has no submission yet: poms launch {which} makes one")
    return int(latest["submission_id"])


def _stage(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    asked = {"campaign__name": campaign, "campaign__experiment__name": experiment}
    return _only(api, "stages/", which, "campaign", asked)


def _campaign(api: Api, which: str, experiment: Optional[str]) -> int:
    return _only(api, "campaigns/", which, "experiment", {"experiment__name": experiment})


def _experiment(api: Api, name: str) -> None:
    """Refuse a name that no experiment has."""
    _only(api, "experiments/", name, "name", {})


def _only(api: Api, resource: str, which: str, within: str, asked: Json) -> int:
    """Return the number of the only row with this name."""
    if which.isdecimal():
        return int(which)
    rows = list(api.each(resource, name=which, **asked))
    if len(rows) == 1:
        return int(rows[0]["id"])
    what = resource.rstrip("s/")
    if not rows:
        raise PomsError(f"there is no {what} {which!r} that you may see")
    places = ", ".join(sorted({str(row[within]) for row in rows}))
    raise PomsError(f"there are several {what}s {which!r}: choose --{within} of {places}")


def _table(rows: Iterable[Json], columns: Sequence[str], as_json: bool) -> None:
    """Print the columns that the rows have; all of them where a program reads."""
    rows = list(rows)
    if as_json:
        print(json.dumps(rows))
        return
    known = [column for column in columns if any(column in row for row in rows)]
    table = Table(*known, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(escape(_cell(row, column)) for column in known))
    console.print(table)


def _cell(row: Json, column: str) -> str:
    text = _text(row.get(column))
    return _clock(text) if column in MOMENTS else text


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _clock(moment: str) -> str:
    """Return a moment of the API's to the second; it is UTC."""
    return moment[:19].replace("T", " ")

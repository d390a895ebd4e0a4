"""``poms campaigns``, ``stages``, ``submissions``, ``show``, ``why`` and ``files``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Optional

import typer

from poms_client.api import Api, Json
from poms_client.names import (
    campaign_of,
    check_place,
    narrowed_to,
    place_of,
    stage_of,
    submission_of,
)
from poms_client.people.app import (
    FLAG,
    AsJson,
    InCampaign,
    InExperiment,
    OfCampaign,
    OfExperiment,
    OfStage,
    Which,
    app,
    given,
)
from poms_client.people.tables import show_rows, show_submission

STAGE = ("id", "name", "campaign", "dataset", "split_type", "software_version")
SUBMISSION = (
    "submission_id",
    "campaign",
    "stage",
    "status",
    "pct_complete",
    "jobs",
    "jobsub_job_id",
)


Status = typer.Option(None, help="Only in this status.", callback=given)
Limit = typer.Option(50, min=1, help="At most so many.")
Figures = typer.Option(False, "--figures", metavar=FLAG, help="Show how many of its files are how.")
Figure = typer.Option(None, help="Show the files behind one of the figures.", callback=given)


@app.command()
def campaigns(experiment: Optional[str] = OfExperiment, as_json: bool = AsJson) -> None:
    """Show the campaigns."""
    api = Api.for_person()
    place = place_of(api, None, experiment)
    rows = list(api.each("campaigns/", **narrowed_to("campaigns/", place)))
    if not rows:
        check_place(api, place)
    show_rows(rows, ("id", "name", "experiment", "active", "creator"), as_json)


@app.command()
def stages(
    campaign: Optional[str] = OfCampaign,
    experiment: Optional[str] = OfExperiment,
    as_json: bool = AsJson,
) -> None:
    """Show the stages, of one campaign or all."""
    api = Api.for_person()
    place = place_of(api, campaign, experiment)
    rows = list(api.each("stages/", **narrowed_to("stages/", place)))
    if not rows:
        check_place(api, place)
    show_rows(rows, STAGE, as_json)


@app.command()
def submissions(
    stage: Optional[str] = OfStage,
    campaign: Optional[str] = OfCampaign,
    experiment: Optional[str] = OfExperiment,
    status: Optional[str] = Status,
    limit: int = Limit,
    as_json: bool = AsJson,
) -> None:
    """Show the latest submissions: of a stage, of a campaign, in a status."""
    api = Api.for_person()
    asked, of = _of(api, stage, campaign, experiment)
    rows = list(api.each("submissions/", limit, status=status, **asked))
    if not rows and of:
        api.get(of)  # says so if there is none
    show_rows(rows, SUBMISSION, as_json)


def _of(
    api: Api, stage: Optional[str], campaign: Optional[str], experiment: Optional[str]
) -> tuple[Json, str]:
    """Return what filters the submissions, and what has to be there if there are none."""
    if stage is not None:
        number = stage_of(api, stage, campaign, experiment)
        return {"stage": number}, f"stages/{number}/"
    if campaign is not None:
        number = campaign_of(api, campaign, experiment)
        return {"stage__campaign": number}, f"campaigns/{number}/"
    if experiment is not None:
        check_place(api, {"experiment": experiment})
        return {"experiment__name": experiment}, ""
    return {}, ""


@app.command()
def show(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Show one submission and its history."""
    api = Api.for_person()
    number = submission_of(api, submission, campaign, experiment)
    found = api.get(f"submissions/{number}/")
    history = list(api.each(f"submissions/{number}/history/"))
    if as_json:
        print(json.dumps({**found, "history": history}))
        return
    show_submission(found)
    show_rows(history, ("at", "status", "actor", "who", "source", "note"), as_json=False)


@app.command()
def why(
    submission: str = Which,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Say why a submission is where it is: what was decided about it, the latest first."""
    api = Api.for_person()
    number = submission_of(api, submission, campaign, experiment)
    rows = api.each(f"submissions/{number}/decisions/")
    show_rows(rows, ("last_at", "about", "conclusion", "facts"), as_json)


@app.command()
def files(
    submission: str = Which,
    figures: bool = Figures,
    figure: Optional[str] = Figure,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    as_json: bool = AsJson,
) -> None:
    """Show a submission's inputs, its outputs, and the inputs that it had to leave behind."""
    api = Api.for_person()
    path = f"submissions/{submission_of(api, submission, campaign, experiment)}/files/"
    if figure is not None:
        show_rows(({"file": name} for name in _behind(api, path, figure)), ("file",), as_json)
        return
    found = api.get(path, names=None if figures else 1)
    if as_json:
        print(json.dumps(found))
    elif figures:
        rows = [{"figure": name, "files": number} for name, number in found["figures"].items()]
        show_rows(rows, ("figure", "files"), as_json=False)
        print(f"as of {found['asked_at']}" if found["asked_at"] else "not asked for yet")
    else:
        show_rows(_named(found), ("file", "is"), as_json=False)


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

"""``poms launch``."""

from __future__ import annotations

import json
import sys
from typing import Optional

import typer

from poms_client.api import Api
from poms_client.names import stage_of
from poms_client.people.app import FLAG, AsJson, InCampaign, InExperiment, app, given, stage_names

Stage = typer.Argument(help="Its number or its name.", callback=given, autocompletion=stage_names)
Test = typer.Option(False, "--test", metavar=FLAG, help="As a test launch.")


@app.command()
def launch(
    stage: str = Stage,
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    test: bool = Test,
    as_json: bool = AsJson,
) -> None:
    """Launch a stage, and print the number of the submission."""
    api = Api.for_person()
    launched = api.launch(stage_of(api, stage, campaign, experiment), test)
    print(json.dumps(launched) if as_json else launched.get("submission_id", launched))
    if launched.get("detail"):
        print(f"poms launch: {launched['detail']}", file=sys.stderr)

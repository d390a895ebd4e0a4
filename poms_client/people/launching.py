"""``poms launch``."""

from __future__ import annotations

import json
import sys
from typing import Optional

import typer

from poms_client.api import Api
from poms_client.people.app import InCampaign, InExperiment, app, stage_names
from poms_client.people.names import stage_of


@app.command()
def launch(
    stage: str = typer.Argument(help="Its number or its name.", autocompletion=stage_names),
    campaign: Optional[str] = InCampaign,
    experiment: Optional[str] = InExperiment,
    test: bool = False,
) -> None:
    """Launch a stage, and print the number of the submission."""
    api = Api.for_person()
    launched = api.launch(stage_of(api, stage, campaign, experiment), test)
    print(launched.get("submission_id", json.dumps(launched)))
    if launched.get("detail"):
        print(f"poms launch: {launched['detail']}", file=sys.stderr)

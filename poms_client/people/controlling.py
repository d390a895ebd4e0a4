"""``poms hold``, ``release``, ``kill`` and ``cancel``: POMS does it to the jobs in their batch.

POMS asks the batch system that the jobs were launched into, from the host that launched them, and
a submission's status changes only where that succeeded. ``--tag`` and ``--cluster`` go past POMS
to the batch system of this machine (``poms_client.systems.cli``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Optional

import typer

from poms_client.api import Api, Json
from poms_client.errors import PomsError
from poms_client.names import campaign_of, stage_of, submission_of
from poms_client.people.app import (
    AsJson,
    InExperiment,
    app,
    campaign_names,
    given,
    stage_names,
)

PAST_POMS = " With --tag or --cluster it asks the batch system of this machine, not POMS."
NOT_ALL = 1  # exit code
DONE = {"kill": "killed", "cancel": "cancelled", "hold": "held", "release": "released"}

Whose = typer.Argument(
    None,
    metavar="[SUBMISSION]",
    help="A number; or a stage's name, for its latest submission.",
    callback=given,
    autocompletion=stage_names,
)
AllOfStage = typer.Option(
    None,
    "--stage",
    help="All submissions of this stage.",
    callback=given,
    autocompletion=stage_names,
)
AllOfCampaign = typer.Option(
    None,
    "--campaign",
    help="All submissions of this campaign, where no stage is named.",
    callback=given,
    autocompletion=campaign_names,
)


ACTS = {
    "hold": "Hold the jobs of submissions that are Idle or Running, until they are released.",
    "release": "Let the jobs of Held submissions go on.",
    "kill": "Remove jobs and end their submissions as Removed, for good: nothing follows.",
    "cancel": "End submissions as Cancelled, for good, those not launched yet, too; remove jobs.",
}


def _command(act: str) -> Callable[..., None]:
    def command(
        submission: Optional[str] = Whose,
        stage: Optional[str] = AllOfStage,
        campaign: Optional[str] = AllOfCampaign,
        experiment: Optional[str] = InExperiment,
        as_json: bool = AsJson,
    ) -> None:
        _control(act, (submission, stage, campaign, experiment), as_json)

    return command


for _act, _help in ACTS.items():
    app.command(_act, help=_help, epilog=PAST_POMS if _act != "cancel" else None)(_command(_act))


Named = tuple[Optional[str], Optional[str], Optional[str], Optional[str]]


def _control(act: str, named: Named, as_json: bool) -> None:
    api = Api.for_control()
    outcome: Json = {"done": [], "refused": [], "left": 0}
    for more in api.control(act, **_meant(api, act, named)):
        if not as_json:
            _tell(act, more)
        outcome = {key: more[key] if key == "left" else outcome[key] + more[key] for key in outcome}
    if as_json:
        print(json.dumps(outcome))
    elif outcome["left"]:
        again = f"{outcome['left']} were not reached in time: do it again for them"
        print(f"poms {act}: {again}", file=sys.stderr)
    if outcome["refused"] or outcome["left"]:
        raise typer.Exit(NOT_ALL)


def _meant(api: Api, act: str, named: Named) -> dict[str, int]:
    """Return what the API calls the submission, the stage or the campaign that is named."""
    submission, stage, campaign, experiment = named
    if submission is not None and stage is not None:
        raise PomsError(f"{act} one submission, or all of --stage: not both")
    if submission is not None:
        return {"submission": submission_of(api, submission, campaign, experiment)}
    if stage is not None:
        return {"stage": stage_of(api, stage, campaign, experiment)}
    if campaign is not None:
        return {"campaign": campaign_of(api, campaign, experiment)}
    raise PomsError(f"say what to {act}: a submission's number, --stage, or --campaign")


def _tell(act: str, outcome: Json) -> None:
    for number in outcome["done"]:
        print(f"{DONE[act]} {number}")
    for each in outcome["refused"]:
        print(f"poms {act}: {each['submission']} is as it was: {each['why']}", file=sys.stderr)
    if outcome["left"]:
        print(f"poms {act}: {outcome['left']} are left", file=sys.stderr)

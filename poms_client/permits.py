"""For whom, and for how long, a wrapper may submit: leave for a launch, or a registration (W9)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from poms_client import config
from poms_client.api import Api
from poms_client.batch.directory import TooLate
from poms_client.errors import NotConfigured, Refused, Unclear
from poms_client.names import stage_of

STAGE = ("POMS4_CAMPAIGN_STAGE_ID", "POMS_CAMPAIGN_ID")  # the latter is a stage's, too
WITHOUT_POMS = "To submit without POMS, say so: --untracked, or POMS_UNTRACKED=1."


@dataclass(frozen=True)
class Permit:
    """For which submission to submit, and for how long (seconds) that is allowed."""

    submission: Optional[int] = None
    attempt: Optional[int] = None
    seconds: Optional[float] = None


def of_launch() -> Optional[Permit]:
    """Take the leave of a launch by POMS, once; None outside of launches.

    :raises Refused: POMS gives none.
    :raises Unclear: it doesn't answer; leave may have been taken.
    """
    if os.environ.get("POMS_LAUNCH_TOKEN_FILE"):
        return _leave()
    if os.environ.get("POMS4_SUBMISSION_ID"):
        raise NotConfigured("a launch needs POMS_LAUNCH_TOKEN_FILE to ask POMS for leave")
    return None


def registered(
    stage: Optional[str], command: str, experiment: Optional[str], campaign: Optional[str]
) -> Permit:
    """Register a submission that is made outside of POMS."""
    if stage is None:
        stage = next(filter(None, map(os.environ.get, STAGE)), "")
    if not stage:
        raise NotConfigured(
            f"say which stage this is for: --stage, or POMS4_CAMPAIGN_STAGE_ID. {WITHOUT_POMS}"
        )
    try:
        api = Api.for_person()
        stage, experiment, campaign = _named(api, stage, experiment, campaign)
        return Permit(api.register(stage, command, experiment, campaign))
    except Unclear as unclear:
        raise Unclear(f"{unclear}; nothing was submitted. {WITHOUT_POMS}") from None


def _named(
    api: Api, stage: str, experiment: Optional[str], campaign: Optional[str]
) -> tuple[str, Optional[str], Optional[str]]:
    """Return the stage, its experiment and its campaign as the API takes them.

    Digits that may be a name are looked up; what is left of them is the number.
    """
    is_number = stage.isdecimal()
    if is_number and campaign is None and experiment is None:
        return stage, None, None
    experiment = os.environ.get("EXPERIMENT") if experiment is None else experiment
    if not is_number and not (campaign and experiment):
        raise NotConfigured("a stage's name needs --campaign and --experiment, too")
    if is_number or (campaign or "").isdecimal():
        return str(stage_of(api, stage, campaign, experiment or None)), None, None
    return stage, experiment, campaign


def _leave() -> Permit:
    from poms_client.processes import die_with_parent

    die_with_parent()
    submission = config.submission_id()
    token = config.token_in(config.text("POMS_LAUNCH_TOKEN_FILE"))
    try:
        leave = Api(config.text("POMS_URL")).ask_leave(submission, token)
    except Refused as refused:
        raise Refused(refused.status, f"no leave to submit: {refused.detail}") from None
    except Unclear as unclear:
        raise Unclear(f"{unclear}; nothing was submitted, and POMS will launch again") from None
    if leave.seconds <= 0:
        raise TooLate("the leave to submit had run out when it arrived; nothing was submitted")
    return Permit(submission, leave.attempt, leave.seconds)

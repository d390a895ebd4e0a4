"""For whom, and for how long, a wrapper may submit: leave for a launch, or a registration (W9)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from poms_client import config
from poms_client.api import Api
from poms_client.batch.directory import TooLate
from poms_client.errors import NotConfigured, Refused, Unclear

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
    stage = stage or next(filter(None, map(os.environ.get, STAGE)), None)
    if stage is None:
        raise NotConfigured(
            f"say which stage this is for: --stage, or POMS4_CAMPAIGN_STAGE_ID. {WITHOUT_POMS}"
        )
    try:
        return Permit(Api.for_person().register(stage, command, experiment, campaign))
    except Unclear as unclear:
        raise Unclear(f"{unclear}; nothing was submitted. {WITHOUT_POMS}") from None


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

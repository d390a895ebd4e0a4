"""Who gets in where at the endpoints of the old system, below ``/poms/``.

What changes something takes a GET of a token, and a POST of a token or a session.
"""

import json
from collections.abc import Callable
from typing import Any

from pomsproject.tests.rights_table import (
    AGENT,
    JOB,
    LAUNCHERS,
    MEMBERS,
    NOBODY,
    TEAM,
    WITH_ACCOUNT,
    Entry,
)

Sends = Callable[[Any], Any]
REPORTERS = LAUNCHERS | TEAM


def reads(who: frozenset[str], sends: Sends = lambda items: {}) -> Entry:
    return Entry(get=who, post=who, sends=sends)


def changes(who: frozenset[str], sends: Sends = lambda items: {}) -> Entry:
    return Entry(get=who & (AGENT | JOB), post=who, sends=sends)


def submission(items: Any) -> dict[str, Any]:
    return {"submission_id": items.submission.pk}


def stage(items: Any) -> dict[str, Any]:
    return {"campaign_stage_id": items.stage.pk}


def campaign(items: Any) -> dict[str, Any]:
    return {"campaign_id": items.campaign.pk}


COMPAT = {
    f"compat-{name}": entry
    for name, entry in {
        "update_submission": changes(
            REPORTERS | AGENT | JOB, lambda items: {**submission(items), "status": "Running"}
        ),
        "update_submissions": changes(
            REPORTERS | AGENT | JOB,
            lambda items: {"submission_updates": json.dumps({items.submission.pk: {}})},
        ),
        "get_submission_id_for": changes(LAUNCHERS, stage),
        "get_task_id_for": changes(LAUNCHERS | JOB, submission),
        "running_submissions": reads(WITH_ACCOUNT),
        "experiment_list": reads(WITH_ACCOUNT),
        "calculate_dd_project_completion": reads(WITH_ACCOUNT),
        "launch_jobs": changes(LAUNCHERS, stage),
        "launch_campaign": changes(LAUNCHERS, campaign),
        "launch_recovery_for": changes(
            LAUNCHERS, lambda items: {**submission(items), "recovery_type": "consumed_status"}
        ),
        "list_launch_file": reads(MEMBERS, submission),
        "force_locate_submission": changes(LAUNCHERS, submission),
        "wrapup_tasks": changes(NOBODY),
    }.items()
}
COMPAT["compat-unknown"] = Entry(at=lambda items: {"rest": "raw_tables"})

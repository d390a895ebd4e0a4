"""Who gets in where at the endpoints of the old system, below ``/poms/``.

What changes something takes a GET of a token, and a POST of a token or a session.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from pomsproject.tests.rights_table import (
    AGENT,
    EDITORS,
    JOB,
    KEEPERS,
    LAUNCHERS,
    MAKERS,
    MEMBERS,
    NOBODY,
    PERSONS,
    TEAM,
    WITH_ACCOUNT,
    Entry,
    a_file,
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


def login_setup(items: Any) -> dict[str, Any]:
    return {"action": "edit", "ae_launch_name": items.login_setup.name}


def job_type(items: Any) -> dict[str, Any]:
    return {"action": "edit", "ae_definition_name": items.job_type.name}


def campaign_file(items: Any) -> dict[str, Any]:
    return {"upload": SimpleUploadedFile("mc.ini", b"[campaign]\n"), "experiment": "nova"}


def campaign(items: Any) -> dict[str, Any]:
    return {"campaign_id": items.campaign.pk}


def shelf(items: Any) -> dict[str, Any]:
    return {"experiment": "nova", "checkuser": items.owner.username}


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
        "abort_launch": changes(LAUNCHERS, submission),
        "kill_jobs": changes(LAUNCHERS, lambda items: {**submission(items), "act": "kill"}),
        "force_locate_submission": changes(LAUNCHERS, submission),
        "wrapup_tasks": changes(NOBODY),
        "show_campaigns": reads(PERSONS | AGENT | JOB),
        "show_campaign_stages": reads(PERSONS | AGENT | JOB),
        "campaign_stage_submissions": reads(MEMBERS | AGENT, stage),
        "submission_details": reads(MEMBERS | AGENT, submission),
        "session_status_history": reads(MEMBERS | AGENT, submission),
        "campaign_list_json": reads(WITH_ACCOUNT),
        "get_campaign_id": reads(WITH_ACCOUNT, lambda items: {"campaign_name": "no such"}),
        "get_campaign_name": reads(MEMBERS | AGENT, campaign),
        "get_campaign_stage_id": reads(
            MEMBERS | AGENT, lambda items: {**campaign(items), "campaign_stage_name": "no such"}
        ),
        "get_campaign_stage_name": reads(MEMBERS | AGENT, stage),
        "get_jobtype_id": reads(WITH_ACCOUNT, lambda items: {"name": "no such"}),
        "get_loginsetup_id": reads(WITH_ACCOUNT, lambda items: {"name": "no such"}),
        "campaign_deps_ini": reads(MEMBERS, lambda items: {"stage_id": items.stage.pk}),
        "ini_to_campaign": changes(MAKERS, campaign_file),
        "update_campaign_stage": changes(
            EDITORS, lambda items: {"campaign_stage": items.stage.pk, "software_version": "v2"}
        ),
        "update_stage_param_overrides": changes(
            EDITORS, lambda items: {"campaign_stage": items.stage.pk, "param_overrides": "[]"}
        ),
        "campaign_stage_edit": changes(
            EDITORS,
            lambda items: {
                "action": "edit",
                "ae_campaign_name": items.campaign.name,
                "ae_stage_name": items.stage.name,
            },
        ),
        "login_setup_edit": changes(EDITORS, login_setup),
        "launch_template_edit": changes(EDITORS, login_setup),
        "login_setup_rm": changes(EDITORS, login_setup),
        "job_type_edit": changes(EDITORS, job_type),
        "job_type_rm": changes(EDITORS, job_type),
        "modify_job_type_recoveries": changes(
            EDITORS, lambda items: {"job_type_id": items.job_type.pk, "recoveries": "[]"}
        ),
        "link_tags": changes(EDITORS, lambda items: {**campaign(items), "tag_name": "t"}),
        "file_uploads": reads(KEEPERS, shelf),
        "upload_file": changes(KEEPERS, lambda items: {**shelf(items), "filename": a_file()}),
        "download_file": reads(KEEPERS, lambda items: {**shelf(items), "filename": items.upload}),
        "remove_uploaded_files": changes(
            KEEPERS, lambda items: {**shelf(items), "filename": items.upload}
        ),
        "update_service": changes(AGENT, lambda items: {"name": "SAM", "status": "good"}),
    }.items()
}
COMPAT["compat-unknown"] = Entry(at=lambda items: {"rest": "raw_tables"})

"""Who gets in where: one entry per address that POMS answers, by the address's name.

An entry names, for each method, the actors that aren't turned away; a method that it doesn't name
turns everybody away. ``at`` fills in the address and ``sends`` what is sent, both from the items
that the actor asks for (``rights_world.items_of``).

"analysis own" asks for an analysis item of their own, "analysis other" for another's; the rest ask
for a production item. A job token is that of the production item's submission.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

NOBODY: frozenset[str] = frozenset()
MEMBERS = frozenset(
    {"analysis own", "analysis other", "production-shifter", "production", "superuser"}
)
MAKERS = MEMBERS - {"production-shifter"}
LAUNCHERS = MEMBERS - {"analysis other"}
EDITORS = LAUNCHERS - {"production-shifter"}
TEAM = frozenset({"production", "superuser"})
KEEPERS = TEAM | {"analysis own"}  # the files are their own, but the superuser's
PERSONS = MEMBERS | {"stranger"}
AGENT, JOB = frozenset({"agent token"}), frozenset({"job token"})
WITH_ACCOUNT = PERSONS | AGENT | JOB
EVERYBODY = WITH_ACCOUNT | {"anonymous"}
METHODS = ("get", "post", "put", "patch", "delete")
DJANGOS = ("get", "post")  # its own pages take every other method for one of these


@dataclass(frozen=True)
class Entry:
    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    put: frozenset[str] = NOBODY
    patch: frozenset[str] = NOBODY
    delete: frozenset[str] = NOBODY
    at: Callable[[Any], dict[str, Any]] = lambda items: {}
    sends: Callable[[Any], Any] = lambda items: {}


def at(name: str, key: str = "pk") -> Callable[[Any], dict[str, Any]]:
    """Fill the address in with the key of an item."""
    return lambda items: {key: getattr(items, name).pk}


def whose(items: Any) -> dict[str, str]:
    return {"experiment": "nova", "owner": items.owner.username}


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("new.fcl", b"x")


SIGNING_IN = {
    "healthz": Entry(get=EVERYBODY),
    "login": Entry(get=EVERYBODY, post=EVERYBODY),
    "logout": Entry(post=EVERYBODY),
    "tokens": Entry(get=PERSONS),
    "make-token": Entry(post=PERSONS, sends=lambda items: {"lifetime": 30, "scopes": ["read"]}),
    "revoke-token": Entry(post=NOBODY, sends=lambda items: {"token": "another's"}),
}

API = {
    "api-schema": Entry(get=EVERYBODY),
    "api-docs": Entry(get=EVERYBODY),
    "api-reports": Entry(
        post=TEAM | AGENT | JOB,
        sends=lambda items: {"submission_id": items.submission.pk, "status": "Running"},
    ),
    "api-agents-list": Entry(
        get=WITH_ACCOUNT,
        post=AGENT,
        sends=lambda items: {"source": "lens@x", "agent": "lens", "ok": True, "every": 120},
    ),
    "api-awaited": Entry(get=WITH_ACCOUNT),
    "api-leave": Entry(post=EVERYBODY, at=at("submission"), sends=lambda items: {"token": "wrong"}),
    "api-submissions-list": Entry(
        get=WITH_ACCOUNT, post=LAUNCHERS, sends=lambda items: {"stage_id": items.stage.pk}
    ),
    "api-submissions-detail": Entry(get=MEMBERS | AGENT, at=at("submission")),
    "api-submissions-history": Entry(get=MEMBERS | AGENT, at=at("submission")),
    "api-submissions-launch-log": Entry(get=MEMBERS, at=at("submission")),
    "api-decisions": Entry(get=MEMBERS | AGENT, at=at("submission")),
    "api-submission-files": Entry(get=MEMBERS | AGENT, at=at("submission")),
    "api-launches": Entry(post=LAUNCHERS, sends=lambda items: {"stage": items.stage.pk}),
    "api-recoveries": Entry(
        post=LAUNCHERS,
        sends=lambda items: {"submission": items.submission.pk, "recovery_type": "consumed_status"},
    ),
    "api-holds": Entry(
        get=WITH_ACCOUNT,
        post=LAUNCHERS,
        sends=lambda items: {"stage": items.stage.pk, "reason": "to see"},
    ),
    "api-controls": Entry(
        post=LAUNCHERS, sends=lambda items: {"act": "hold", "stage": items.stage.pk}
    ),
    "api-hold": Entry(delete=LAUNCHERS, at=at("hold")),
    "api-schedules": Entry(
        get=WITH_ACCOUNT,
        post=EDITORS,
        sends=lambda items: {"campaign": items.campaign.pk, "cron": "0 3 * * *"},
    ),
    "api-schedule": Entry(delete=EDITORS, at=at("schedule")),
    "api-plan": Entry(get=MEMBERS, at=at("campaign")),
    "api-uploads": Entry(
        get=KEEPERS, post=KEEPERS, sends=lambda items: {**whose(items), "file": a_file()}
    ),
    "api-upload": Entry(
        get=KEEPERS,
        delete=frozenset({"analysis own", "production"}),  # what is sent names no other owner
        at=lambda items: {"name": items.upload},
        sends=whose,
    ),
    "api-services-list": Entry(
        get=WITH_ACCOUNT, post=AGENT, sends=lambda items: {"name": "SAM", "status": "good"}
    ),
    "api-files": Entry(
        get=MEMBERS | JOB,
        post=TEAM | JOB,
        sends=lambda items: {"experiment": "nova", "dataset": items.dataset, "name": items.file},
    ),
    "api-file-count": Entry(
        get=MEMBERS | JOB, sends=lambda items: {"experiment": "nova", "dataset": items.dataset}
    ),
    "api-project": Entry(
        get=MEMBERS | JOB,
        at=lambda items: {"name": items.project},
        sends=lambda items: {"experiment": "nova"},
    ),
    "api-handle": Entry(
        post=TEAM | JOB,
        at=lambda items: {"name": items.project, "act": "next"},
        sends=lambda items: {"experiment": "nova", "worker": "w1"},
    ),
    "api-experiments-list": Entry(get=WITH_ACCOUNT),
    "api-experiments-detail": Entry(get=MEMBERS, at=at("experiment")),
    "api-campaigns-list": Entry(get=WITH_ACCOUNT),
    "api-campaigns-detail": Entry(get=MEMBERS, at=at("campaign")),
    "api-campaigns-export-file": Entry(get=MEMBERS, at=at("campaign")),
    "api-campaigns-import-file": Entry(
        post=MAKERS,
        sends=lambda items: {"file": "[campaign]\nname = new\n", "experiment": "nova"},
    ),
    "api-stages-list": Entry(get=WITH_ACCOUNT),
    "api-stages-detail": Entry(get=MEMBERS, at=at("stage")),
    "api-job-types-list": Entry(get=WITH_ACCOUNT),
    "api-job-types-detail": Entry(get=MEMBERS, at=at("job_type")),
    "api-login-setups-list": Entry(get=WITH_ACCOUNT),
    "api-login-setups-detail": Entry(get=MEMBERS, at=at("login_setup")),
    "api-tags-list": Entry(get=WITH_ACCOUNT),
    "api-tags-detail": Entry(get=MEMBERS, at=at("tag")),
}

PAGES = {
    "campaigns:list": Entry(get=PERSONS),
    "campaigns:campaign": Entry(get=MEMBERS, at=at("campaign")),
    "campaigns:stage": Entry(get=MEMBERS, at=at("stage")),
    "submissions:agents": Entry(get=MEMBERS),
    "submissions:services": Entry(get=MEMBERS),
    "submissions:uploads": Entry(get=KEEPERS, sends=whose),
    "submissions:add-uploads": Entry(
        post=KEEPERS, sends=lambda items: {**whose(items), "file": a_file()}
    ),
    "submissions:remove-uploads": Entry(
        post=KEEPERS, sends=lambda items: {**whose(items), "name": items.upload}
    ),
    "submissions:download-upload": Entry(
        get=KEEPERS,
        at=lambda items: {"experiment": "nova", "name": items.upload},
        sends=whose,
    ),
    "submissions:list": Entry(get=PERSONS),
    "submissions:newer": Entry(get=PERSONS),
    "submissions:submission": Entry(get=MEMBERS, at=at("submission")),
    "submissions:row": Entry(get=MEMBERS, at=at("submission")),
    "submissions:now": Entry(get=MEMBERS, at=at("submission")),
    "submissions:files": Entry(get=MEMBERS, at=at("submission")),
    "submissions:figure": Entry(
        get=MEMBERS, at=lambda items: {"pk": items.submission.pk, "key": "files"}
    ),
    "submissions:file": Entry(
        get=MEMBERS, at=at("submission"), sends=lambda items: {"name": items.file}
    ),
    "submissions:project": Entry(get=MEMBERS, at=at("submission")),
    "submissions:files-of-stage": Entry(get=MEMBERS, at=at("stage")),
    "submissions:sums-of-stage": Entry(get=MEMBERS, at=at("stage")),
    "submissions:files-of-campaign": Entry(get=MEMBERS, at=at("campaign")),
    "submissions:sums-of-campaign": Entry(get=MEMBERS, at=at("campaign")),
    "submissions:log": Entry(get=MEMBERS, at=at("submission")),
    "submissions:failed-jobs": Entry(get=MEMBERS, at=at("submission")),
    "submissions:job-log": Entry(
        get=MEMBERS, at=lambda items: {"pk": items.submission.pk, "job": 0}
    ),
    "submissions:outputs": Entry(get=MEMBERS, at=at("submission")),
    "submissions:output": Entry(
        get=MEMBERS, at=lambda items: {"pk": items.submission.pk, "name": items.output}
    ),
    "submissions:of-stage": Entry(get=MEMBERS, at=at("stage")),
    "submissions:run": Entry(get=MEMBERS, at=at("run")),
    "submissions:of-run": Entry(get=MEMBERS, at=at("run")),
    "workflow:home": Entry(get=PERSONS),
    "workflow:now": Entry(get=PERSONS),
    "workflow:campaign-graph": Entry(get=MEMBERS, at=at("campaign")),
    "workflow:campaign-runs": Entry(get=MEMBERS, at=at("campaign")),
    "workflow:launch-campaign": Entry(post=LAUNCHERS, at=at("campaign")),
    "workflow:jobs-of-campaign": Entry(
        post=LAUNCHERS, at=lambda items: {"pk": items.campaign.pk, "act": "hold"}
    ),
    "workflow:jobs-of-stage": Entry(
        post=LAUNCHERS, at=lambda items: {"pk": items.stage.pk, "act": "hold"}
    ),
    "workflow:holds-over-campaign": Entry(get=MEMBERS, at=at("campaign")),
    "workflow:run-state": Entry(get=MEMBERS, at=at("run")),
    "workflow:preview": Entry(get=MEMBERS, at=at("stage")),
    "workflow:launch-stage": Entry(post=LAUNCHERS, at=at("stage")),
    "workflow:holds-over-stage": Entry(get=MEMBERS, at=at("stage")),
    "workflow:passes": Entry(get=MEMBERS, at=at("stage")),
    "workflow:reset-pass": Entry(post=LAUNCHERS, at=at("stage")),
    "workflow:resume-pass": Entry(post=LAUNCHERS, at=at("walk")),
    "workflow:schedules": Entry(get=MEMBERS, at=at("stage")),
    "workflow:add-schedule": Entry(
        post=EDITORS, at=at("stage"), sends=lambda items: {"cron": "0 3 * * *"}
    ),
    "workflow:delete-schedule": Entry(post=EDITORS, at=at("schedule")),
    "workflow:why": Entry(get=MEMBERS, at=at("submission")),
    "workflow:controls": Entry(get=MEMBERS, at=at("submission")),
    "workflow:recover": Entry(post=LAUNCHERS, at=at("submission")),
    "workflow:control": Entry(
        post=LAUNCHERS, at=lambda items: {"pk": items.submission.pk, "name": "kick"}
    ),
    "workflow:restart-handles": Entry(
        post=LAUNCHERS, at=at("submission"), sends=lambda items: {"which": "failed"}
    ),
    "workflow:activate-project": Entry(post=LAUNCHERS, at=at("submission")),
    "workflow:holds": Entry(get=PERSONS),
    "workflow:make-hold": Entry(
        post=LAUNCHERS, sends=lambda items: {"stage": items.stage.pk, "reason": "to see"}
    ),
    "workflow:lift-hold": Entry(post=LAUNCHERS, at=at("hold")),
}

ADMIN = {
    "admin:index": Entry(get=MEMBERS, post=MEMBERS),
    "admin:app_list": Entry(get=MEMBERS, post=MEMBERS, at=lambda items: {"app_label": "campaigns"}),
    "admin:login": Entry(),  # only leads to the one login page
    "admin:logout": Entry(post=EVERYBODY),
    "admin:password_change": Entry(get=MEMBERS, post=MEMBERS),
    "admin:password_change_done": Entry(get=MEMBERS),
    "admin:jsi18n": Entry(get=MEMBERS),
    "admin:view_on_site": Entry(at=lambda items: {"content_type_id": 1, "object_id": 1}),
    "admin:autocomplete": Entry(
        get=MEMBERS,
        sends=lambda items: {
            "app_label": "campaigns",
            "model_name": "campaignstage",
            "field_name": "job_type",
        },
    ),
    "admin:auth_user_password_change": Entry(at=lambda items: {"id": items.owner.pk}),
}


def admin_pages(
    model: str,
    item: str,
    *,
    see: frozenset[str] = NOBODY,
    make: frozenset[str] = NOBODY,
    edit: frozenset[str] = NOBODY,
    delete: frozenset[str] | None = None,
    versions: bool = True,
) -> dict[str, Entry]:
    """Return the entries of the pages that the admin has of a model."""
    page = f"admin:{model}"
    one = at(item, "object_id")
    deleters = edit if delete is None else delete
    pages = {
        f"{page}_changelist": Entry(get=see, post=see),  # its actions ask for themselves
        f"{page}_add": Entry(get=make, post=make),
        f"{page}_change": Entry(get=see, post=edit, at=one),
        f"{page}_delete": Entry(
            get=deleters, post=deleters, at=one, sends=lambda items: {"post": "yes"}
        ),
        f"{page}_history": Entry(get=see, post=see, at=one),  # a POST is taken for a GET
    }
    if versions:
        pages[f"{page}_simple_history"] = Entry(
            get=see,
            at=lambda items: {
                "0": getattr(items, item).pk,
                "1": getattr(items, item).history.first().pk,
            },
        )
    return pages


OWNED = {"see": MEMBERS, "make": MAKERS, "edit": EDITORS}
MANAGER = frozenset({"superuser"})
ADMIN |= admin_pages("campaigns_campaign", "campaign", **OWNED)
ADMIN |= admin_pages("campaigns_campaignstage", "stage", **OWNED)
ADMIN |= admin_pages("campaigns_jobtype", "job_type", **OWNED)
ADMIN |= admin_pages("campaigns_loginsetup", "login_setup", **OWNED)
ADMIN |= admin_pages("campaigns_experiment", "experiment", see=MEMBERS, edit=MANAGER, delete=NOBODY)
ADMIN |= admin_pages("campaigns_experimenter", "owner")
ADMIN |= admin_pages("campaigns_tag", "tag", see=MEMBERS, make=MAKERS, edit=MANAGER)
ADMIN |= admin_pages(
    "campaigns_dataservice", "data_service", see=MEMBERS, make=MANAGER, edit=MANAGER
)
ADMIN["admin:campaigns_dataservice_try"] = Entry(
    post=frozenset({"production-shifter", "production", "superuser"}),
    at=at("data_service", "object_id"),
)
for model, item in {
    "campaigns_apitoken": "token",
    "datahandling_datasetdefinition": "definition_row",
    "datahandling_file": "file_row",
    "datahandling_handle": "handle_row",
    "datahandling_project": "project_row",
}.items():
    ADMIN |= admin_pages(model, item, versions=False)

EXPECTED = SIGNING_IN | API | PAGES | ADMIN

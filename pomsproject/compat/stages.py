"""Changing stages by the arguments of the old forms, and giving campaigns tags."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from campaigns.access import may_edit
from campaigns.dispatcher import read_settings
from campaigns.models import Campaign, CampaignDependency, CampaignStage, JobType, LoginSetup, Tag
from campaigns.models.campaigns import EdgeKind
from campaigns.parameters import Pairs
from campaigns.roles import OwnerRole
from pomsproject.compat.calls import Call, one, plain
from pomsproject.compat.changing import (
    Table,
    change,
    count,
    deleted,
    fields_of,
    flag,
    pairs,
    percent,
    text,
    word,
)

STAGE: Table = {
    "name": ("name", text),
    "vo_role": ("vo_role", text),
    "dataset": ("dataset", text),
    "software_version": ("software_version", text),
    "cs_split_type": ("split_type", text),
    "test_split_type": ("test_split_type", text),
    "completion_type": ("completion_type", text),
    "completion_pct": ("completion_pct", percent),
    "param_overrides": ("param_overrides", pairs),
    "test_param_overrides": ("test_param_overrides", pairs),
    "merge_overrides": ("merge_overrides", flag),
    "output_ancestor_depth": ("output_ancestor_depth", count),
    "default_clear_cronjob": ("clear_schedule_when_exhausted", flag),
    "campaign_stage_type": ("stage_type", text),
}
FORM: Table = {
    "ae_vo_role": ("vo_role", text),
    "ae_dataset": ("dataset", text),
    "ae_software_version": ("software_version", text),
    "ae_split_type": ("split_type", text),
    "ae_test_split_type": ("test_split_type", text),
    "ae_completion_type": ("completion_type", text),
    "ae_completion_pct": ("completion_pct", percent),
    "ae_param_overrides": ("param_overrides", pairs),
    "ae_test_param_overrides": ("test_param_overrides", pairs),
    "ae_merge_overrides": ("merge_overrides", flag),
    "ae_output_ancestor_depth": ("output_ancestor_depth", count),
    "ae_cronjob": ("clear_schedule_when_exhausted", word),
    "ae_campaign_type": ("stage_type", text),
    "ae_dd_dataset_query": ("dataset", text),
}
DISPATCHER = {
    "ae_dd_project_id": "project_id",
    "ae_dd_stage_methodology": "methodology",
    "ae_dd_load_limit": "load_limit",
    "ae_dd_virtual": "virtual",
    "ae_dd_idle_timeout": "idle_timeout",
    "ae_dd_worker_timeout": "worker_timeout",
}


def update_campaign_stage(call: Call) -> HttpResponse:
    """Give a stage the values that are sent for its columns."""
    stage = _stage(call)
    change(stage, fields_of(call, STAGE))
    return plain("Success")


def update_stage_param_overrides(call: Call) -> HttpResponse:
    """Merge parameters into those of a stage; an empty value removes its key."""
    stage = _stage(call)
    names = ("param_overrides", "test_param_overrides")
    fields = {
        name: _merged(getattr(stage, name), call.pairs(name)) for name in names if call.text(name)
    }
    change(stage, fields)
    return plain("Success")


def _merged(there: Pairs, said: Pairs) -> Pairs:
    merged = {**dict(there), **dict(said)}
    return [[key, value] for key, value in merged.items() if value != ""]


def _stage(call: Call) -> CampaignStage:
    """Find ``campaign_stage``: a number, or a list of the campaign's name and the stage's."""
    named = call.value("campaign_stage")
    if isinstance(named, list) and len(named) == 2:
        stages = call.in_experiment(CampaignStage.objects.all(), "campaign__experiment")
        rows = stages.select_related("campaign__experiment", "job_type", "login_setup")
        stage: CampaignStage = one(rows, campaign__name=str(named[0]), name=str(named[1]))
    else:
        stage = call.stage("campaign_stage")
    call.view.require(may_edit(call.user, stage), f"change {stage}")
    return stage


def campaign_stage_edit(call: Call) -> Response:
    """Add, edit or delete a stage of a campaign."""
    action, name = call.required("action"), call.required("ae_stage_name")
    if action not in ("add", "edit", "delete"):
        raise ValidationError({"detail": "action is add, edit or delete"})
    campaign = call.campaign("ae_campaign_name", "ae_campaign_id")
    stages = campaign.stages.select_related("campaign__experiment", "job_type", "login_setup")
    stage = _new(call, campaign, name) if action == "add" else one(stages, name=name)
    call.view.require(may_edit(call.user, stage), f"change {stage}")
    if action == "delete":
        return Response({"message": _delete(stage)})
    fields = {**fields_of(call, FORM), **_parts(call, campaign), **_settings(call, stage)}
    change(stage, fields, lambda: _set_depends(call, stage))
    return Response({"message": "OK", "campaign_stage_id": stage.pk})


def _new(call: Call, campaign: Campaign, name: str) -> CampaignStage:
    """Return a stage to be saved: the team's, or the campaign's owner's, as the campaign is."""
    call.view.require(may_edit(call.user, campaign), f"change {campaign}")
    for part in ("ae_campaign_definition", "ae_launch_name"):
        call.required(part)
    is_analysis = campaign.creator_role == OwnerRole.ANALYSIS
    creator = campaign.creator if is_analysis else call.person
    return CampaignStage(
        campaign=campaign, name=name, creator=creator, creator_role=campaign.creator_role
    )


def _delete(stage: CampaignStage) -> str:
    done = "deleted" if deleted(stage) else "used and may not be deleted"
    return f"The campaign stage {stage}, has been {done}."


def _parts(call: Call, campaign: Campaign) -> dict[str, Any]:
    """Find the job type and the login setup that are named, in the campaign's experiment."""
    named: dict[str, tuple[str, type[Any]]] = {
        "ae_campaign_definition": ("job_type", JobType),
        "ae_launch_name": ("login_setup", LoginSetup),
    }
    return {
        field: one(model.objects.filter(experiment=campaign.experiment), name=call.text(argument))
        for argument, (field, model) in named.items()
        if call.text(argument)
    }


def _settings(call: Call, stage: CampaignStage) -> dict[str, Any]:
    """Return the settings of Data Dispatcher, with those that are sent changed."""
    said = {name: call.text(old) for old, name in DISPATCHER.items() if old in call.given}
    settings, problems = read_settings({**stage.data_dispatcher, **said})
    if problems:
        raise ValidationError({"detail": "; ".join(problems)})
    return {"data_dispatcher": settings} if said else {}


def _set_depends(call: Call, stage: CampaignStage) -> None:
    """Have the stage fed by those that ``ae_depends`` names, and by no others.

    Named itself, its end sets off its next slice.
    """
    depends = call.value("ae_depends")
    if depends is None:
        return
    edges = CampaignDependency.objects.filter(downstream=stage).select_related("upstream")
    rows = [row for row in edges if row.kind == EdgeKind.FEEDS or row.upstream_id == stage.pk]
    for name, pattern in _named(depends):
        upstream: CampaignStage = one(stage.campaign.stages.all(), name=name)
        kind = EdgeKind.NEXT_SLICE if upstream == stage else EdgeKind.FEEDS
        there = [row for row in rows if (row.upstream, row.kind) == (upstream, kind)]
        row = there[0] if there else CampaignDependency(upstream=upstream, downstream=stage)
        row.kind, row.file_pattern = kind, pattern
        row.full_clean()
        row.save()
        rows = [other for other in rows if other != row]
    used = [str(row) for row in rows if not deleted(row)]
    if used:
        raise ValidationError({"detail": f"{', '.join(used)} was used and may not be deleted"})


def _named(depends: Any) -> list[tuple[str, str]]:
    """Read ``{"campaign_stages": [names], "file_patterns": [patterns]}``.

    Raises:
        ValidationError: it is something else, or the lists are of different lengths.
    """
    lists = isinstance(depends, dict) and [
        depends.get(key, []) for key in ("campaign_stages", "file_patterns")
    ]
    if not lists or not all(isinstance(words, list) for words in lists):
        wanted = '{"campaign_stages": ["gen"], "file_patterns": ["%.root"]}'
        raise ValidationError({"detail": f"ae_depends is such as {wanted}"})
    stages, patterns = lists
    if len(stages) != len(patterns):
        raise ValidationError({"detail": "ae_depends has a file pattern for each stage"})
    return [(str(name), str(pattern)) for name, pattern in zip(stages, patterns, strict=True)]


# tags


def link_tags(call: Call) -> Response:
    """Give campaigns a tag, made if it is new."""
    name = call.required("tag_name")
    keys = call.numbers("campaign_id")
    campaigns = [call.view.campaign(key) for key in keys]
    for campaign in campaigns:
        call.view.require(may_edit(call.user, campaign), f"change {campaign}")
    tags = []
    with transaction.atomic():
        for campaign in campaigns:
            tag = Tag(experiment=campaign.experiment, name=name)
            tag.full_clean(validate_unique=False, validate_constraints=False)
            tag, _ = Tag.objects.get_or_create(experiment=campaign.experiment, name=name)
            campaign.tags.add(tag)
            tags.append(tag.pk)
    return Response(
        {
            "campaign_id": [campaign.pk for campaign in campaigns],
            "tag_id": tags[0] if tags else None,
            "tag_name": name,
            "msg": "OK",
        }
    )

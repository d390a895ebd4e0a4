"""Campaigns and stages as data with the old names; browsers are led on to our pages."""

from typing import Any

from django.http import HttpResponse
from rest_framework.response import Response

from campaigns.access import may_edit
from campaigns.models import Campaign, CampaignStage
from campaigns.scopes import Scope
from pomsproject.compat.calls import Call, moment, see_other
from pomsproject.compat.changing import deleted
from submissions.listing import visible

SPLIT_TYPES = {"cs_split_type": "split_type", "test_split_type": "test_split_type"}


def show_campaigns(call: Call) -> HttpResponse | Response:
    """List the active campaigns, or all; with ``action=delete`` delete one first."""
    message = ""
    if call.text("action") == "delete":
        call.require_change(Scope.LAUNCH)
        message = _delete(call)
    if not call.wants_json:
        return see_other(call, "campaigns:list")
    rows = call.in_experiment(Campaign.objects.select_related("experiment", "creator"))
    if not call.flag("view_inactive"):
        rows = rows.filter(active=True)
    campaigns = list(rows.order_by("pk"))
    last = visible(call.user).order_by("-pk").values_list("created", flat=True).first()
    answer = {
        "tl": [_campaign(campaign) for campaign in campaigns],
        "last_activity": moment(last) or "",
        "msg": message,
        "data": {"authorized": [may_edit(call.user, campaign) for campaign in campaigns]},
    }
    return Response(answer)


def _campaign(campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign_id": campaign.pk,
        "experiment": campaign.experiment.name,
        "name": campaign.name,
        "active": campaign.active,
        "campaign_type": "test" if campaign.is_test else None,
        "campaign_keywords": campaign.keywords,
        "data_handling_service": campaign.data_handler,
        "creator": campaign.creator.username,
        "creator_role": campaign.creator_role,
        "created": moment(campaign.created),
        "updated": moment(campaign.updated),
    }


def show_campaign_stages(call: Call) -> HttpResponse | Response:
    """List the stages of the campaigns that are named, or of all."""
    if not call.wants_json:
        return see_other(call, "campaigns:list")
    stages = CampaignStage.objects.select_related("campaign__experiment", "creator")
    rows = call.in_experiment(stages, "campaign__experiment")
    if call.text("campaign_name"):
        rows = rows.filter(campaign__name=call.text("campaign_name"))
    if call.text("campaign_ids"):
        rows = rows.filter(campaign__in=call.numbers("campaign_ids"))
    return Response({"campaign_stages": [_stage(stage) for stage in rows.order_by("pk")]})


def _stage(stage: CampaignStage) -> dict[str, Any]:
    same = ("name", "vo_role", "dataset", "software_version", "param_overrides")
    more = ("test_param_overrides", "merge_overrides", "completion_type", "output_ancestor_depth")
    return {
        "campaign_stage_id": stage.pk,
        "campaign_id": stage.campaign_id,
        "campaign_name": stage.campaign.name,
        "experiment": stage.experiment.name,
        **{name: getattr(stage, name) for name in same + more},
        **{old: getattr(stage, new) for old, new in SPLIT_TYPES.items()},
        "completion_pct": float(stage.completion_pct),
        "campaign_stage_type": stage.stage_type,
        "job_type_id": stage.job_type_id,
        "login_setup_id": stage.login_setup_id,
        "creator": stage.creator.username,
        "creator_role": stage.creator_role,
        "created": moment(stage.created),
        "updated": moment(stage.updated),
    }


def _delete(call: Call) -> str:
    """Delete a campaign that was never launched, and say so; or say why not."""
    campaign = call.campaign("del_campaign_name", "del_campaign_id")
    call.view.require(may_edit(call.user, campaign), f"delete {campaign}")
    if not deleted(campaign):
        return "This campaign has been submitted.  It cannot be deleted."
    return f"The campaign named {campaign} has been deleted."

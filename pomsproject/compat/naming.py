"""Numbers for names, and names for numbers."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, JsonResponse
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from campaigns.access import is_agent
from campaigns.models import CampaignStage, JobType, LoginSetup
from pomsproject.compat.calls import Call, one, plain


def get_campaign_id(call: Call) -> JsonResponse:
    return _key_or_null(call.campaign)


def get_campaign_name(call: Call) -> HttpResponse:
    return plain(call.campaign().name)


def get_campaign_stage_id(call: Call) -> JsonResponse:
    return _key_or_null(lambda: stage_named(call))


def get_campaign_stage_name(call: Call) -> JsonResponse:
    return JsonResponse(call.stage().name, safe=False)


def get_jobtype_id(call: Call) -> JsonResponse:
    rows = call.in_experiment(JobType.objects.all())
    return _key_or_null(lambda: one(rows, name=call.required("name")))


def get_loginsetup_id(call: Call) -> JsonResponse:
    rows = call.in_experiment(LoginSetup.objects.all())
    return _key_or_null(lambda: one(rows, name=call.required("name")))


def _key_or_null(find: Callable[[], Any]) -> JsonResponse:
    """Answer the number of what is found, null where there is none."""
    try:
        return JsonResponse(find().pk, safe=False)
    except NotFound:
        return JsonResponse(None, safe=False)


def stage_named(call: Call) -> CampaignStage:
    """Return the stage of that name, of the campaign of that name or number."""
    name = call.required("campaign_stage_name", "stage_name")
    stages = call.campaign().stages.select_related(
        "campaign__experiment", "job_type", "login_setup"
    )
    return one(stages, name=name)  # type: ignore[no-any-return]


def campaign_list_json(call: Call) -> Response:
    """List every stage: of all experiments to an agent, of theirs to a member."""
    rows = CampaignStage.objects.all()
    seen = rows if is_agent(call.user) else rows.visible_to(call.user)
    found = seen.order_by("pk").values_list("pk", "name", "campaign__experiment__name")
    return Response(
        [
            {"campaign_stage_id": pk, "name": name, "experiment": experiment}
            for pk, name, experiment in found
        ]
    )

"""Schedules: to see, to make and to end."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import may_edit, visible_to
from campaigns.callers import fields, person
from campaigns.keys import OldestFirst
from workflow import scheduling
from workflow.api.base import WorkflowView
from workflow.models import Schedule


class SchedulesView(WorkflowView):
    def get(self, request: Request) -> Response:
        rows = visible_to(
            Schedule.objects.select_related("campaign", "stage", "who"),
            request.user,
            "campaign__experiment",
        )
        return self.paged(rows, _schedule, OldestFirst)

    def post(self, request: Request) -> Response:
        stage = self.stage(fields(request)["stage"]) if fields(request).get("stage") else None
        campaign = stage.campaign if stage else self.campaign(fields(request).get("campaign"))
        self.require(may_edit(request.user, campaign), f"schedule {campaign}")
        try:
            row = scheduling.schedule(
                campaign, stage, str(fields(request).get("cron") or ""), person(request)
            )
        except ModelError as error:
            raise ValidationError({"cron": error.messages}) from error
        return Response(_schedule(row), status=201)


class ScheduleView(WorkflowView):
    def delete(self, request: Request, pk: int) -> Response:
        row = self.find(
            Schedule.objects.select_related("campaign__experiment"), "campaign__experiment", pk=pk
        )
        self.require(may_edit(request.user, row.campaign), f"change the schedule of {row.campaign}")
        row.delete()
        return Response(status=204)


def _schedule(row: Schedule) -> dict[str, Any]:
    stage = row.stage.name if row.stage else None
    return {
        "id": row.pk,
        "campaign": row.campaign.name,
        "stage": stage,
        "cron": row.cron,
        "next_tick": row.next_tick,
        "active": row.active,
        "note": row.note,
    }

"""Schedules: to see, to make and to end."""

from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import may_edit, visible_to
from campaigns.api.callers import fields, person
from campaigns.api.keys import OldestFirst
from workflow import scheduling
from workflow.api.base import WorkflowView
from workflow.models import Schedule
from workflow.serializers import ScheduleSerializer, ScheduleWishSerializer


class SchedulesView(WorkflowView):
    pagination_class = OldestFirst

    @extend_schema(responses=ScheduleSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The schedules, oldest first."""
        rows = visible_to(
            Schedule.objects.select_related("campaign", "stage", "who"),
            request.user,
            "campaign__experiment",
        )
        return self.paged(rows, ScheduleSerializer)

    @extend_schema(request=ScheduleWishSerializer, responses={201: ScheduleSerializer})
    def post(self, request: Request) -> Response:
        """Launch a stage or a campaign at the ticks of a cron line."""
        asked = fields(request, ScheduleWishSerializer)
        stage = self.stage(asked["stage"]) if asked.get("stage") else None
        campaign = stage.campaign if stage else self.campaign(asked.get("campaign"))
        self.require(may_edit(request.user, campaign), f"schedule {campaign}")
        try:
            row = scheduling.schedule(
                campaign, stage, str(asked.get("cron") or ""), person(request)
            )
        except ModelError as error:
            raise ValidationError({"cron": error.messages}) from error
        return Response(ScheduleSerializer(row).data, status=201)


class ScheduleView(WorkflowView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """End a schedule."""
        row = self.find(
            Schedule.objects.select_related("campaign__experiment"), "campaign__experiment", pk=pk
        )
        self.require(may_edit(request.user, row.campaign), f"change the schedule of {row.campaign}")
        row.delete()
        return Response(status=204)

"""Jobs killed, cancelled, held and released: of a submission, a stage or a campaign."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import may_launch
from campaigns.api.callers import person
from campaigns.api.openapi import refusals
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from workflow.api.base import WorkflowView
from workflow.bulk import control_many
from workflow.serializers import ControlledSerializer, ControlSerializer


class ControlsView(WorkflowView):
    @extend_schema(
        request=ControlSerializer, responses={200: ControlledSerializer, **refusals(409)}
    )
    def post(self, request: Request) -> Response:
        """Do it to each submission that it makes sense for: 409 where there is none."""
        serializer = ControlSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        outcome = control_many(
            self._submissions(asked),
            asked["act"],
            person(request),
            asked["after"],
            alone="submission" in asked,
        )
        return Response(
            {
                "done": outcome.done,
                "refused": [{"submission": pk, "why": why} for pk, why in outcome.refused.items()],
                "left": outcome.left,
            }
        )

    def _submissions(self, asked: dict[str, str | int]) -> SubmissionQuerySet:
        if "submission" in asked:
            submission = self.submission(asked["submission"])
            self.require(may_launch(self.request.user, submission.stage), "change its jobs")
            return Submission.objects.filter(pk=submission.pk)
        if "stage" in asked:
            stage = self.stage(asked["stage"])
            self.require(may_launch(self.request.user, stage), f"change jobs of {stage}")
            return Submission.objects.filter(stage=stage)
        campaign = self.campaign(asked["campaign"])
        self.require(may_launch(self.request.user, campaign), f"change jobs of {campaign}")
        return Submission.objects.filter(stage__campaign=campaign)

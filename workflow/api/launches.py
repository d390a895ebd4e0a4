"""Launches and recoveries that are asked for, and what a launch would do."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import may_launch, may_view
from campaigns.api import repeating
from campaigns.api.callers import fields, person
from campaigns.api.openapi import refusals
from campaigns.dataservices import what_is_missing
from campaigns.recoveries import recoveries_on
from submissions.crashpoints import reach
from submissions.models import Submission
from submissions.showing import launched_on
from workflow import controls, holds
from workflow.api.base import WorkflowView
from workflow.preview import preview
from workflow.requesting import Wish, request_campaign_launch, request_launch
from workflow.serializers import (
    LaunchedSerializer,
    LaunchSerializer,
    PlanSerializer,
    RecoverySerializer,
)

LAUNCHED = {201: LaunchedSerializer, 423: LaunchedSerializer, **refusals(409)}


class LaunchesView(WorkflowView):
    @extend_schema(
        parameters=[repeating.PARAMETER],
        request=LaunchSerializer,
        responses=LAUNCHED | refusals(422),
    )
    def post(self, request: Request) -> Response:
        """Request a launch: 201, or 423 where a hold queues it."""
        with repeating.once(request) as once:
            if once.answer is None:
                self._launch(request, once)
                reach("before-answer")
            return once.response

    def _launch(self, request: Request, once: repeating.Once) -> None:
        serializer = LaunchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        wish = Wish(
            who=person(request),
            test=asked["test"],
            dataset=asked["dataset"],
            overrides=asked.get("param_overrides", []),
            written=lambda launched: once.keep(_launched(launched)),
        )
        if "stage" in asked:
            stage = self.stage(asked["stage"])
            self.require(may_launch(request.user, stage), f"launch {stage}")
            request_launch(stage, wish)
        else:
            campaign = self.campaign(asked["campaign"])
            self.require(may_launch(request.user, campaign), f"launch {campaign}")
            request_campaign_launch(campaign, wish)


def _launched(launched: list[Submission]) -> Response:
    first = launched[0]
    answer = {
        "submission_id": first.pk,
        "submission_ids": [submission.pk for submission in launched],
        "run_id": first.run_id,
    }
    held = holds.find_hold(first)
    if held is not None:
        return Response(
            answer | {"detail": f"launches are held, this one is queued: {held}"}, status=423
        )
    missing = what_is_missing(first.stage.campaign)
    return Response(answer | {"detail": missing} if missing else answer, status=201)


class RecoveriesView(WorkflowView):
    @extend_schema(request=RecoverySerializer, responses=LAUNCHED)
    def post(self, request: Request) -> Response:
        """Launch a recovery now: 409 while jobs may run, or without files to recover."""
        asked = fields(request, RecoverySerializer)
        submission = self.submission(asked.get("submission"))
        kind = asked.get("recovery_type")
        known = recoveries_on(launched_on(submission))
        if not isinstance(kind, str) or kind not in known:
            raise ValidationError({"recovery_type": [f"one of {', '.join(known)}"]})
        self.require(may_launch(request.user, submission.stage), f"launch {submission.stage}")
        return _launched([controls.recover(submission, kind, person(request))])


class PlanView(WorkflowView):
    @extend_schema(
        parameters=[OpenApiParameter("test", enum=["0", "1"], description="Of a test launch.")],
        responses={200: PlanSerializer(many=True), **refusals(409)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """What a launch of each first stage of the campaign would run; launches nothing."""
        campaign = self.campaign(pk)
        self.require(may_view(request.user, campaign), f"see what {campaign} would run")
        stages = campaign.stages.select_related("campaign__experiment", "job_type", "login_setup")
        plans = []
        for stage in stages:
            planned = preview(stage, person(request), test=request.query_params.get("test") == "1")
            plans.append(
                {
                    "stage": stage.name,
                    "dataset": planned.dataset,
                    "note": planned.note,
                    "script": planned.text,
                }
            )
        return Response(plans)

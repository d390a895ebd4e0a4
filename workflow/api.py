"""The REST API of what happens next: launches, recoveries, holds, schedules, decisions."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.access import (
    is_agent,
    may_edit,
    may_hold_everything,
    may_hold_experiment,
    may_launch,
    visible_to,
)
from campaigns.callers import fields, person
from campaigns.models import Campaign, CampaignStage, Experiment
from campaigns.parameters import UnknownPlaceholder, validate_overrides
from campaigns.recoveries import RECOVERY_TYPES
from campaigns.splits import SplitError
from datahandling.base import QueryError, Unknown
from submissions.inputs import MOST, find_files
from submissions.models import Submission
from workflow import controls, holds, scheduling
from workflow.models import Decision, Hold, Schedule
from workflow.passes import NoMoreSlices
from workflow.preview import preview
from workflow.requesting import (
    CannotLaunch,
    Wish,
    request_campaign_launch,
    request_launch,
)


class NoAnswer(APIException):
    status_code = 503
    default_detail = "the data handling gave no clear answer; nothing was done, try again"


class WorkflowView(APIView):
    """Knows what the caller may see, and answers the workflow's refusals with the right status."""

    def find(self, rows: Any, path: str, **key: Any) -> Any:
        visible = rows if is_agent(self.request.user) else visible_to(rows, self.request.user, path)
        return get_object_or_404(visible, **key)

    def stage(self, pk: Any) -> CampaignStage:
        rows = CampaignStage.objects.select_related(
            "campaign__experiment", "job_type", "login_setup"
        )
        return self.find(rows, "campaign__experiment", pk=pk)  # type: ignore[no-any-return]

    def campaign(self, pk: Any) -> Campaign:
        return self.find(Campaign.objects.select_related("experiment"), "experiment", pk=pk)  # type: ignore[no-any-return]

    def submission(self, pk: Any) -> Submission:
        rows = Submission.objects.select_related("experiment", "stage__campaign__experiment")
        return self.find(rows, "experiment", pk=pk)  # type: ignore[no-any-return]

    def require(self, allowed: bool, what: str) -> None:
        if not allowed:
            raise PermissionDenied(f"your role doesn't let you {what}")

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Unknown):
            exc = NoAnswer(f"{NoAnswer.default_detail}: {exc}")
        elif isinstance(exc, controls.Refused | NoMoreSlices):
            return Response({"detail": str(exc)}, status=409)
        elif isinstance(exc, CannotLaunch | QueryError | SplitError | UnknownPlaceholder):
            return Response({"detail": str(exc)}, status=400)
        return super().handle_exception(exc)


class LaunchSerializer(serializers.Serializer[Any]):
    stage = serializers.IntegerField(required=False)
    campaign = serializers.IntegerField(required=False)
    test = serializers.BooleanField(default=False)
    dataset = serializers.CharField(default="", allow_blank=True, max_length=1000)
    param_overrides = serializers.JSONField(required=False)

    def validate_param_overrides(self, value: Any) -> Any:
        try:
            validate_overrides(value)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("stage" in attrs) == ("campaign" in attrs):
            raise serializers.ValidationError("name a stage or a campaign")
        return attrs


class LaunchesView(WorkflowView):
    def post(self, request: Request) -> Response:
        """Request a launch: 201, or 423 where a hold queues it."""
        serializer = LaunchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        wish = Wish(
            who=person(request),
            test=asked["test"],
            dataset=asked["dataset"],
            overrides=asked.get("param_overrides", []),
        )
        if "stage" in asked:
            stage = self.stage(asked["stage"])
            self.require(may_launch(request.user, stage), f"launch {stage}")
            launched = [request_launch(stage, wish)]
        else:
            campaign = self.campaign(asked["campaign"])
            self.require(may_launch(request.user, campaign), f"launch {campaign}")
            launched = request_campaign_launch(campaign, wish)
        return _launched(launched)


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
    return Response(answer, status=201)


class RecoveriesView(WorkflowView):
    def post(self, request: Request) -> Response:
        submission = self.submission(fields(request).get("submission"))
        kind = fields(request).get("recovery_type")
        if kind not in RECOVERY_TYPES:
            raise ValidationError({"recovery_type": [f"one of {', '.join(RECOVERY_TYPES)}"]})
        self.require(may_launch(request.user, submission.stage), f"launch {submission.stage}")
        return _launched([controls.recover(submission, kind, person(request))])


class DecisionsView(WorkflowView):
    def get(self, request: Request, pk: int) -> Response:
        """Why a submission is where it is, newest first."""
        decisions = self.submission(pk).decisions.order_by("-pk")
        return Response([_decision(decision) for decision in decisions])


def _decision(decision: Decision) -> dict[str, Any]:
    names = ("about", "conclusion", "facts", "unknown", "first_at", "last_at", "times")
    return {name: getattr(decision, name) for name in names}


class SubmissionFilesView(WorkflowView):
    def get(self, request: Request, pk: int) -> Response:
        """The first of its inputs with their states, of its outputs, and what was left behind."""
        submission = self.submission(pk)
        files = find_files(submission)
        left = submission.left_behind.all()[:MOST]
        return Response(
            {
                "inputs": [{"name": name, "state": state} for name, state in files.inputs],
                "outputs": [{"name": name, "located": there} for name, there in files.outputs],
                "output_count": files.output_count,
                "left_behind": [{"name": file.file, "kind": file.kind} for file in left],
            }
        )


class PlanView(WorkflowView):
    def get(self, request: Request, pk: int) -> Response:
        """What a launch of each first stage of the campaign would run; launches nothing."""
        stages = self.campaign(pk).stages.select_related(
            "campaign__experiment", "job_type", "login_setup"
        )
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


class HoldsView(WorkflowView):
    def get(self, request: Request) -> Response:
        visible = visible_to(Experiment.objects.all(), request.user, "pk")
        rows = Hold.objects.filter(lifted_at=None).select_related(
            "experiment", "campaign__experiment", "stage__campaign__experiment", "who"
        )
        ids = set(visible.values_list("pk", flat=True))
        return Response(
            [
                _hold(held)
                for held in rows
                if (experiment := _experiment_of(held)) is None or experiment.pk in ids
            ]
        )

    def post(self, request: Request) -> Response:
        scope = self._scope(request)
        self.require(may_hold(request.user, scope), "hold launches there")
        reason = str(fields(request).get("reason") or "").strip()
        if not reason:
            raise ValidationError({"reason": ["say why: people will ask"]})
        return Response(_hold(holds.hold(scope, reason[:300], person(request))), status=201)

    def _scope(self, request: Request) -> holds.Scope:
        if stage := fields(request).get("stage"):
            return self.stage(stage)
        if campaign := fields(request).get("campaign"):
            return self.campaign(campaign)
        if experiment := fields(request).get("experiment"):
            return self.find(Experiment.objects.all(), "pk", name=experiment)  # type: ignore[no-any-return]
        return None


def may_hold(user: Any, scope: holds.Scope) -> bool:
    """Tell who may hold and lift: of a stage or campaign, who may launch it."""
    if scope is None:
        return may_hold_everything(user)
    return (
        may_hold_experiment(user, scope)
        if isinstance(scope, Experiment)
        else may_launch(user, scope)
    )


def scope_of(held: Hold) -> holds.Scope:
    return held.stage or held.campaign or held.experiment


def _experiment_of(held: Hold) -> Experiment | None:
    scope = scope_of(held)
    return scope if scope is None or isinstance(scope, Experiment) else scope.experiment


def _hold(held: Hold) -> dict[str, Any]:
    return {
        "id": held.pk,
        "scope": held.scope,
        "reason": held.reason,
        "who": held.who.username,
        "since": held.since,
    }


class HoldView(WorkflowView):
    def delete(self, request: Request, pk: int) -> Response:
        held = get_object_or_404(Hold.objects.filter(lifted_at=None), pk=pk)
        experiment = _experiment_of(held)
        if (
            experiment is not None
            and not visible_to(
                Experiment.objects.filter(pk=experiment.pk), request.user, "pk"
            ).exists()
        ):
            raise NotFound
        self.require(may_hold(request.user, scope_of(held)), "lift this hold")
        holds.release(held, person(request))
        return Response(status=204)


class SchedulesView(WorkflowView):
    def get(self, request: Request) -> Response:
        rows = visible_to(
            Schedule.objects.select_related("campaign", "stage", "who"),
            request.user,
            "campaign__experiment",
        )
        return Response([_schedule(row) for row in rows])

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

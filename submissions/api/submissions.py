"""The REST API of submissions: reports, leave, registration, and what there is to see of them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from campaigns.access import is_agent, may_launch, may_report, role_in, roles_of, visible_to
from campaigns.api import repeating
from campaigns.api.callers import fields, person
from campaigns.api.keys import KeyFilter, NewestFirst, OldestFirst
from campaigns.api.openapi import one_or_many, refusals
from campaigns.api.parsing import AnyJSON
from campaigns.models import CampaignStage, Experiment
from campaigns.scopes import Scope
from datahandling.storable import require_json
from submissions.api.serializers import (
    INVALID,
    AnswerSerializer,
    ExternalSerializer,
    HistorySerializer,
    LaunchLogSerializer,
    LeaveSerializer,
    ReportSerializer,
    SubmissionSerializer,
    TokenSerializer,
)
from submissions.authentication import Job
from submissions.crashpoints import reach
from submissions.launching.leave import NoLeave, grant
from submissions.launching.script import read_log
from submissions.models import Submission
from submissions.registering import register_external
from submissions.reports.reading import BadReport, Report, read_reports
from submissions.reports.recording import MAX_REPORTS, Answer, Outcome, record
from submissions.reports.reporters import trusted
from submissions.showing import with_shown_parts
from submissions.statuses import Status


class ReportsView(APIView):
    """What agents saw: one report or up to 10,000; late and repeated ones are normal.

    One bad item never spoils the rest: it is answered ``invalid`` in its place.
    """

    parser_classes = (AnyJSON,)
    scope = Scope.REPORT

    @extend_schema(
        request=one_or_many("Reports", ReportSerializer),
        responses={200: one_or_many("Answers", AnswerSerializer)},
    )
    def post(self, request: Request) -> Response:
        many = isinstance(request.data, list)
        items: list[Any] = list(request.data) if many else [request.data]
        if len(items) > MAX_REPORTS:
            raise ValidationError(
                {"detail": f"send at most {MAX_REPORTS} reports at once, not {len(items)}"}
            )
        answers = self._record(request, items)
        return Response(answers if many else answers[0])

    def _record(self, request: Request, items: Sequence[Any]) -> list[dict[str, Any]]:
        read = read_reports(items)
        reports = [report for report in read if isinstance(report, Report)]
        allowed = _reportable(request, reports)
        known = [report for report in reports if report.submission_id in allowed]
        recorded = iter(record(trusted(request.user, known)))
        answers = []
        for item, report in zip(items, read, strict=True):
            if isinstance(report, BadReport):
                answers.append(_invalid(item, report))
            elif report.submission_id in allowed:
                answers.append(_json(next(recorded)))
            else:
                answers.append(_json(Answer(report.submission_id, Outcome.UNKNOWN, "")))
        return answers


def _invalid(item: Any, bad: BadReport) -> dict[str, Any]:
    return {
        "submission_id": _what_it_is_about(item),
        "outcome": INVALID,
        "detail": bad.mistakes,
    }


def _what_it_is_about(item: Any) -> Any:
    """Return the id that a bad report gives, as it is; None where that can't be sent back."""
    said = item.get("submission_id") if isinstance(item, dict) else None
    try:
        require_json(said)
    except ValueError:
        return None
    return said


def _json(answer: Answer) -> dict[str, Any]:
    return {
        "submission_id": answer.submission_id,
        "outcome": answer.outcome,
        "status": answer.status,
    }


def _reportable(request: Request, reports: Sequence[Report]) -> set[int]:
    """Return those that the caller may report; to others they don't exist."""
    if isinstance(request.user, Job):
        return {request.user.submission.pk}
    ids = {report.submission_id for report in reports}
    if is_agent(request.user):
        return ids
    experiments = [
        experiment
        for experiment in Experiment.objects.filter(pk__in=roles_of(request.user))
        if may_report(request.user, experiment)
    ]
    if not experiments and not request.user.is_superuser:
        raise PermissionDenied("only agents and the production team report what became of jobs")
    rows = Submission.objects.filter(pk__in=ids)
    rows = rows if request.user.is_superuser else rows.filter(experiment__in=experiments)
    return set(rows.values_list("pk", flat=True))


class LeaveView(APIView):
    """The wrapper asks leave to submit; the launch token in the body is what it is asked with."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=TokenSerializer, responses={200: LeaveSerializer, **refusals(409)})
    def post(self, request: Request, pk: int) -> Response:
        token = fields(request, TokenSerializer).get("token")
        if not isinstance(token, str) or not token:
            raise ValidationError({"detail": "send the attempt's token"})
        try:
            attempt = grant(pk, token)
        except NoLeave as why:
            return Response({"detail": str(why)}, status=409)
        return Response({"deadline": attempt.deadline, "attempt": attempt.number})


class SubmissionFilters(FilterSet):
    status = ChoiceFilter(
        choices=Status.choices,
        error_messages={
            "invalid_choice": f"there is no status %(value)s; there is {', '.join(Status.values)}"
        },
    )
    stage = KeyFilter()
    run = KeyFilter()
    stage__campaign = KeyFilter()
    original = KeyFilter()

    class Meta:
        model = Submission
        fields: ClassVar[dict[str, list[str]]] = {
            "status": ["in"],
            "experiment__name": ["exact"],
            "original": ["isnull"],
        }


class SubmissionViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Submission]
):
    """Submissions that the caller may see; POST registers one that is launched outside POMS."""

    serializer_class: type[BaseSerializer[Any]] = SubmissionSerializer
    pagination_class = NewestFirst
    filterset_class = SubmissionFilters

    def get_queryset(self) -> QuerySet[Submission]:
        rows = with_shown_parts(Submission.objects.all())
        rows = rows.select_related("experiment", "stage__campaign", "creator")
        if is_agent(self.request.user):
            return rows
        return visible_to(rows, self.request.user)

    @extend_schema(
        parameters=[repeating.PARAMETER],
        request=ExternalSerializer,
        responses={201: SubmissionSerializer, **refusals(409, 422)},
    )
    def create(self, request: Request) -> Response:
        """Register a submission that is launched outside POMS."""
        with repeating.once(request) as once:
            if once.answer is None:
                self._register(request, once)
                reach("before-answer")
            return once.response

    def _register(self, request: Request, once: repeating.Once) -> None:
        serializer = ExternalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        stage = self._stage(request, asked)
        if not may_launch(request.user, stage):
            raise PermissionDenied(f"you may not launch stage {stage}")
        with transaction.atomic():
            submission = register_external(
                stage, person(request), asked["command_executed"], asked["dataset"]
            )
            once.keep(Response(SubmissionSerializer(submission).data, status=201))

    def _stage(self, request: Request, asked: dict[str, Any]) -> CampaignStage:
        stages = visible_to(
            CampaignStage.objects.select_related("campaign__experiment", "job_type", "login_setup"),
            request.user,
            "campaign__experiment",
        )
        if "stage_id" in asked:
            stage = get_object_or_404(stages, pk=asked["stage_id"])
            _require_names(stage, asked)
            return stage
        return get_object_or_404(
            stages,
            name=asked["stage"],
            campaign__name=asked["campaign"],
            campaign__experiment__name=asked["experiment"],
        )

    @extend_schema(responses=HistorySerializer(many=True), filters=False)
    @action(detail=True, pagination_class=OldestFirst)
    def history(self, request: Request, pk: str) -> Response:
        """Each status it had: when, by whom, why."""
        rows: Any = self.get_object().history.select_related("who")
        found: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(HistorySerializer(found, many=True).data)

    @extend_schema(responses=LaunchLogSerializer(many=True), filters=False)
    @action(detail=True, url_path="launch-log", pagination_class=None)
    def launch_log(self, request: Request, pk: str) -> Response:
        """The log of each attempt at launching it, secrets masked."""
        submission = self.get_object()
        if (
            not isinstance(request.user, Job)
            and role_in(request.user, submission.experiment) is None
        ):
            raise PermissionDenied
        attempts = submission.attempts.order_by("number")
        return Response(
            [
                {
                    "attempt": attempt.number,
                    "started_at": attempt.started_at,
                    "log": read_log(attempt),
                    "uploads": attempt.uploads,
                }
                for attempt in attempts
            ]
        )


def _require_names(stage: CampaignStage, asked: dict[str, Any]) -> None:
    """Refuse names that aren't those of the stage that ``stage_id`` is."""
    campaign = stage.campaign
    names = {"experiment": campaign.experiment.name, "campaign": campaign.name, "stage": stage.name}
    wrong = {
        key: [f"stage_id {stage.pk} has the {key} {name}, not {asked[key]}"]
        for key, name in names.items()
        if asked.get(key, name) != name
    }
    if wrong:
        raise ValidationError(wrong)

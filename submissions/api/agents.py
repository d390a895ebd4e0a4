"""Agents say that they are there; the API, a page and ``/healthz`` show who was heard when."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.access import is_agent, is_member, visible_to
from campaigns.api.keys import OldestFirst
from campaigns.api.openapi import refusals
from campaigns.api.permissions import AgentsSay, InScope
from campaigns.scopes import Scope
from datahandling import storable
from submissions.models import Agent, Submission

MOST_PROBLEMS = 20
LONGEST_PROBLEM = 1000
MOST = 2**31 - 1
FORGOTTEN_AFTER = timedelta(days=30)
WEEK = 7 * 86400.0


class BeatSerializer(serializers.Serializer[Any]):
    """How an agent fares, by its own account; more may be said than POMS keeps."""

    source = serializers.CharField(max_length=100)  # type: ignore[assignment]
    agent = serializers.CharField(max_length=20)
    ok = serializers.BooleanField()
    every = serializers.FloatField(min_value=0, max_value=WEEK)
    submissions = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    unsent = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    problems = serializers.ListField(
        child=serializers.CharField(allow_blank=True), max_length=1000, default=list
    )

    def validate_problems(self, problems: list[str]) -> list[str]:
        cut = [problem[:LONGEST_PROBLEM] for problem in problems[:MOST_PROBLEMS]]
        try:
            storable.require_json(cut)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None
        return cut


class AgentSerializer(serializers.ModelSerializer[Agent]):
    silent = serializers.BooleanField(source="is_silent", read_only=True)

    class Meta:
        model = Agent
        fields = (
            *("source", "kind", "heard_at", "silent", "ok", "every", "submissions", "unsent"),
            "problems",
        )
        read_only_fields = fields


class AwaitedSerializer(serializers.ModelSerializer[Submission]):
    submission_id = serializers.IntegerField(source="pk")

    class Meta:
        model = Submission
        fields = ("submission_id", "jobsub_job_id")


class AllAwaitedSerializer(serializers.Serializer[Any]):
    submissions = AwaitedSerializer(many=True)


class AwaitedView(APIView):
    """Every submission that a batch system may have news of; agents ask for all at once."""

    @extend_schema(responses=AllAwaitedSerializer)
    def get(self, request: Request) -> Response:
        rows = Submission.objects.jobs_awaited().order_by("pk")
        seen = rows if is_agent(request.user) else visible_to(rows, request.user)
        pairs = seen.values_list("pk", "jobsub_job_id")
        found = [{"submission_id": pk, "jobsub_job_id": job_id} for pk, job_id in pairs]
        return Response({"submissions": found})


class AgentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Agent]):
    """The submission agents: when each was last heard, and how it fares."""

    serializer_class = AgentSerializer
    scope = Scope.REPORT
    permission_classes = (IsAuthenticated, AgentsSay, InScope)
    pagination_class = OldestFirst

    def get_queryset(self) -> QuerySet[Agent]:
        user = self.request.user
        return Agent.objects.all() if is_member(user) or is_agent(user) else Agent.objects.none()

    @extend_schema(request=BeatSerializer, responses={200: AgentSerializer, **refusals(400, 403)})
    def create(self, request: Request) -> Response:
        """An agent says that it is there, and how it fares."""
        serializer = BeatSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(AgentSerializer(hear(serializer.validated_data)).data)


def hear(said: dict[str, Any]) -> Agent:
    """Keep what an agent says of itself, and forget those that were silent for a month."""
    Agent.objects.filter(heard_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    kept = {key: value for key, value in said.items() if key not in ("source", "agent")}
    agent, _ = Agent.objects.update_or_create(
        source=said["source"],
        defaults={**kept, "kind": said["agent"], "heard_at": timezone.now()},
    )
    return agent

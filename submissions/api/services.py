"""Services through the API: agents say how each is, members read it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import is_agent, is_member
from campaigns.api.keys import OldestFirst
from campaigns.api.openapi import refusals
from campaigns.api.permissions import AgentsSay, InScope
from campaigns.scopes import Scope
from submissions.models import ServiceState, ServiceStatus
from submissions.services import NoTree, hear

MOST = 2**31 - 1


class SaidSerializer(serializers.Serializer[Any]):
    """How a service is; what isn't said is empty."""

    name = serializers.CharField(max_length=100)
    parent = serializers.CharField(  # type: ignore[assignment]
        max_length=100, allow_blank=True, default=""
    )
    status = serializers.ChoiceField(ServiceState.choices)
    host_site = serializers.CharField(max_length=255, allow_blank=True, default="")
    total = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    failed = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")


class ServiceSerializer(serializers.ModelSerializer[ServiceStatus]):
    """``status`` is unknown once what was ``said`` is old."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.name", allow_null=True, default=None
    )
    status = serializers.ChoiceField(ServiceState.choices)
    old = serializers.BooleanField(source="is_old")
    heard_at = serializers.DateTimeField(source="said_at", allow_null=True)

    class Meta:
        model = ServiceStatus
        fields = (
            *("name", "parent", "status", "said", "old", "heard_at", "host_site"),
            *("total", "failed", "description"),
        )
        read_only_fields = fields


class ServiceViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ServiceStatus]):
    """The services that are watched, and how each was said to be last."""

    serializer_class = ServiceSerializer
    scope = Scope.REPORT
    permission_classes = (IsAuthenticated, AgentsSay, InScope)
    pagination_class = OldestFirst

    def get_queryset(self) -> QuerySet[ServiceStatus]:
        rows = ServiceStatus.objects.select_related("parent")
        user = self.request.user
        return rows if is_member(user) or is_agent(user) else rows.none()

    @extend_schema(request=SaidSerializer, responses={200: ServiceSerializer, **refusals(400, 403)})
    def create(self, request: Request) -> Response:
        """An agent says how a service is."""
        serializer = SaidSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            return Response(ServiceSerializer(hear(**serializer.validated_data)).data)
        except NoTree as error:
            raise ValidationError({"detail": str(error)}) from error

"""The REST API of what should run: to read for members; campaigns come and go as campaign files."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied as NotAllowed
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import creator_role, is_agent, may_enter, visible_to
from campaigns.api import serializers
from campaigns.api.callers import person
from campaigns.api.keys import KeyFilter, OldestFirst
from campaigns.exchange import CampaignFileError, experiment_of, export_campaign, import_campaign
from campaigns.models import Campaign, CampaignStage, Experiment, JobType, LoginSetup, Tag
from campaigns.roles import OwnerRole


class VisibleViewSet(viewsets.ReadOnlyModelViewSet[Any]):
    """Rows of the experiments that the caller is a member of."""

    pagination_class = OldestFirst
    experiment_path: ClassVar[str] = "experiment"
    rows: ClassVar[QuerySet[Any]]

    def get_queryset(self) -> QuerySet[Model]:
        if is_agent(self.request.user):
            return self.rows.none()
        return visible_to(self.rows.all(), self.request.user, self.experiment_path)


class ExperimentViewSet(VisibleViewSet):
    rows = Experiment.objects.all()
    experiment_path = "pk"
    serializer_class = serializers.ExperimentSerializer
    filterset_fields = ("name", "active")


class CampaignViewSet(VisibleViewSet):
    rows = Campaign.objects.select_related("experiment", "creator").prefetch_related("tags")
    serializer_class = serializers.CampaignSerializer
    filterset_fields = {
        "name": ["exact"],
        "experiment__name": ["exact"],
        "active": ["exact"],
        "tags__name": ["exact"],
    }

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR}, filters=False)
    @action(detail=True, url_path="export")
    def export_file(self, request: Request, pk: str) -> HttpResponse:
        """Return the campaign file."""
        return HttpResponse(
            export_campaign(self.get_object()), content_type="text/plain; charset=utf-8"
        )

    @extend_schema(
        request=serializers.CampaignFileSerializer,
        responses={201: serializers.ImportedSerializer},
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="import")
    def import_file(self, request: Request) -> Response:
        """Make the campaign of a file, all of it or nothing."""
        serializer = serializers.CampaignFileSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            return Response(_import(request, **serializer.validated_data), status=201)
        except CampaignFileError as error:
            raise ValidationError({"detail": str(error)}) from error
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error


def _import(
    request: Request,
    file: str,
    *,
    replace: bool,
    dry_run: bool,
    analysis: bool,
    experiment: str = "",
) -> dict[str, Any]:
    name = experiment or experiment_of(file)
    where = get_object_or_404(Experiment, name=name)
    if not may_enter(request.user, where):
        raise NotFound(f"there is no experiment {name} that you are a member of")
    role = OwnerRole.ANALYSIS if analysis else creator_role(request.user, where)
    if role is None:
        raise PermissionDenied(f"your role in {name} doesn't let you make campaigns")
    imported = import_campaign(file, where, person(request), role, replace=replace, dry_run=dry_run)
    return {
        "campaign": None if dry_run else imported.campaign.pk,
        "difference": imported.difference,
        "warnings": list(imported.warnings),
    }


class StageFilters(FilterSet):
    campaign = KeyFilter()

    class Meta:
        model = CampaignStage
        fields: ClassVar[dict[str, list[str]]] = {
            "name": ["exact"],
            "campaign__name": ["exact"],
            "campaign__experiment__name": ["exact"],
        }


class StageViewSet(VisibleViewSet):
    rows = CampaignStage.objects.select_related(
        "campaign__experiment", "job_type", "login_setup", "creator"
    ).prefetch_related("incoming__upstream")
    experiment_path = "campaign__experiment"
    serializer_class = serializers.StageSerializer
    filterset_class = StageFilters


class JobTypeViewSet(VisibleViewSet):
    rows = JobType.objects.select_related("experiment").prefetch_related("recoveries")
    serializer_class = serializers.JobTypeSerializer
    filterset_fields = {"name": ["exact"], "experiment__name": ["exact"]}


class LoginSetupViewSet(VisibleViewSet):
    rows = LoginSetup.objects.select_related("experiment")
    serializer_class = serializers.LoginSetupSerializer
    filterset_fields = {"name": ["exact"], "experiment__name": ["exact"]}


class TagViewSet(VisibleViewSet):
    rows = Tag.objects.select_related("experiment")
    serializer_class = serializers.TagSerializer
    filterset_fields = {"name": ["exact"], "experiment__name": ["exact"]}

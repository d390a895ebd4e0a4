"""What the views of this API share: finding what the caller may see, and answering refusals."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from campaigns.access import is_agent, visible_to
from campaigns.api.keys import read_key
from campaigns.models import Campaign, CampaignStage
from campaigns.parameters import UnknownPlaceholder
from campaigns.splits import SplitError
from datahandling.base import QueryError, Unknown
from submissions.models import Submission
from workflow import controls
from workflow.passes import NoMoreSlices
from workflow.requesting import CannotLaunch


class NoAnswer(APIException):
    status_code = 503
    default_detail = "the data handling gave no clear answer; nothing was done, try again"


class WorkflowView(APIView):
    """Knows what the caller may see, and answers the workflow's refusals with the right status."""

    pagination_class: ClassVar[type[BasePagination] | None] = None

    def find(self, rows: Any, path: str, **key: Any) -> Any:
        if "pk" in key and (key := {**key, "pk": read_key(key["pk"])})["pk"] is None:
            raise NotFound
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

    def paged(self, rows: QuerySet[Any], shape: type[BaseSerializer[Any]]) -> Response:
        """Answer the asked-for page of ``rows``."""
        assert self.pagination_class is not None
        pages = self.pagination_class()
        found = pages.paginate_queryset(rows, self.request, view=self)
        return pages.get_paginated_response(shape(found, many=True).data)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Unknown):
            exc = NoAnswer(f"{NoAnswer.default_detail}: {exc}")
        elif isinstance(exc, controls.Refused | NoMoreSlices):
            return Response({"detail": str(exc)}, status=409)
        elif isinstance(exc, CannotLaunch | QueryError | SplitError | UnknownPlaceholder):
            return Response({"detail": str(exc)}, status=400)
        return super().handle_exception(exc)

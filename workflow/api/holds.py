"""Holds: to see, to make and to lift."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.callers import fields, person
from campaigns.api.keys import NewestFirst
from campaigns.models import Experiment
from workflow import holds
from workflow.api.base import WorkflowView
from workflow.serializers import HoldSerializer, HoldWishSerializer


class HoldsView(WorkflowView):
    pagination_class = NewestFirst

    @extend_schema(responses=HoldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The holds in force that stand in the caller's way, newest first."""
        return self.paged(holds.visible_holds(request.user), HoldSerializer)

    @extend_schema(request=HoldWishSerializer, responses={201: HoldSerializer})
    def post(self, request: Request) -> Response:
        """Hold launches of a stage, a campaign, an experiment; without any of them, of all."""
        asked = fields(request, HoldWishSerializer)
        scope = self._scope(asked)
        self.require(holds.may_hold(request.user, scope), "hold launches there")
        reason = str(asked.get("reason") or "").strip()
        if not reason:
            raise ValidationError({"reason": ["say why: people will ask"]})
        held = holds.hold(scope, reason[:300], person(request))
        return Response(HoldSerializer(held).data, status=201)

    def _scope(self, asked: Mapping[str, Any]) -> holds.Scope:
        if stage := asked.get("stage"):
            return self.stage(stage)
        if campaign := asked.get("campaign"):
            return self.campaign(campaign)
        if experiment := asked.get("experiment"):
            return self.find(Experiment.objects.all(), "pk", name=experiment)  # type: ignore[no-any-return]
        return None


class HoldView(WorkflowView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Lift a hold."""
        held = get_object_or_404(holds.visible_holds(request.user), pk=pk)
        self.require(holds.may_hold(request.user, holds.scope_of(held)), "lift this hold")
        holds.release(held, person(request))
        return Response(status=204)

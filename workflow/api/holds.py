"""Holds: to see, to make and to lift."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.callers import fields, person
from campaigns.models import Experiment
from workflow import holds
from workflow.api.base import WorkflowView
from workflow.models import Hold


class HoldsView(WorkflowView):
    def get(self, request: Request) -> Response:
        return self.paged(holds.visible_holds(request.user), _hold)

    def post(self, request: Request) -> Response:
        scope = self._scope(request)
        self.require(holds.may_hold(request.user, scope), "hold launches there")
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
        held = get_object_or_404(holds.visible_holds(request.user), pk=pk)
        self.require(holds.may_hold(request.user, holds.scope_of(held)), "lift this hold")
        holds.release(held, person(request))
        return Response(status=204)

"""Holds: to see, to make and to lift."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import visible_to
from campaigns.callers import fields, person
from campaigns.models import Experiment
from workflow import holds
from workflow.api.base import WorkflowView
from workflow.models import Hold


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


def _experiment_of(held: Hold) -> Experiment | None:
    scope = holds.scope_of(held)
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
        self.require(holds.may_hold(request.user, holds.scope_of(held)), "lift this hold")
        holds.release(held, person(request))
        return Response(status=204)

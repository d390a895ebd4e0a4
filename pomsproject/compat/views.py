"""How a call gets to its endpoint, and how it is refused."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError as ModelError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.access import is_agent, is_root
from campaigns.api.parsing import StorableJSON
from campaigns.models import Experimenter, Membership
from campaigns.roles import Role
from campaigns.scopes import Scope
from pomsproject.compat.calls import Call
from pomsproject.compat.table import INSTEAD, Endpoint
from workflow.api.base import WorkflowView

POWER = list(Role)  # in ascending order


class AsItIs(DefaultContentNegotiation):
    """Answers what there is to answer, whatever types the caller says that it takes."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class CompatView(WorkflowView):
    """An old endpoint: forms and queries in, what the table's function answers out."""

    content_negotiation_class = AsItIs
    schema = None  # not part of the API that is described: docs/reference/compatibility.md
    parser_classes = (FormParser, MultiPartParser, StorableJSON)
    endpoint: Endpoint | None = None

    @property
    def scope_of_all(self) -> Scope:
        assert self.endpoint is not None
        return self.endpoint.needs

    def get(self, request: Request, **acting: str) -> HttpResponseBase:
        return self._answer(request, acting)

    def post(self, request: Request, **acting: str) -> HttpResponseBase:
        return self._answer(request, acting)

    def _answer(self, request: Request, acting: Mapping[str, str]) -> HttpResponseBase:
        assert self.endpoint is not None
        call = Call(self, request, _given(request, acting))
        if self.endpoint.changes:
            call.require_change(self.endpoint.needs)
        _require_role(call)
        return self.endpoint.answer(call)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotAuthenticated) and self._is_looked_at():
            sign_in = redirect_to_login(self.request.get_full_path())
            return Response(status=302, headers={"Location": sign_in.url})
        if isinstance(exc, ModelError):
            exc = ValidationError({"detail": " ".join(exc.messages)})
        return super().handle_exception(exc)

    def _is_looked_at(self) -> bool:
        """Whether a person opens it, by an old bookmark, in a browser."""
        assert self.endpoint is not None
        looks = self.request.method == "GET" and not self.endpoint.changes
        return (
            looks
            and "text/html" in self.request.headers.get("Accept", "")
            and self.request.GET.get("fmt") != "json"
        )


def _given(request: Request, acting: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments: what the path says counts most, then the body."""
    if not isinstance(request.data, Mapping):
        raise ValidationError({"detail": "send a form, or a JSON object"})
    body = {name: _text(value) for name, value in request.data.items()}
    path = {name: value for name, value in acting.items() if value}
    return {**request.query_params.dict(), **body, **path}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _require_role(call: Call) -> None:
    """Refuse a role that the caller hasn't, where one is named.

    What they may do goes by the role of their membership, whichever they act in.
    """
    role, experiment = call.text("role"), call.experiment
    if role and role not in POWER:
        raise ValidationError({"detail": f"invalid role {role}"})
    someone = call.user
    if not experiment or not isinstance(someone, Experimenter):
        return
    if is_agent(someone) or is_root(someone):
        return
    mine = Membership.objects.filter(
        experimenter=someone, experiment__name=experiment, active=True
    ).first()
    if mine is None:
        raise PermissionDenied(f"username {someone} is not in experiment {experiment}")
    if role and POWER.index(Role(role)) > POWER.index(Role(mine.role)):
        raise PermissionDenied(
            f"username {someone} cannot have role {role} in experiment {experiment}"
        )


@csrf_exempt
def unknown(request: HttpRequest, rest: str) -> JsonResponse:
    """Tell who calls an endpoint that isn't there what does the same now."""
    name = rest.partition("/")[0]
    instead = INSTEAD.get(name, "docs/reference/compatibility.md lists what there is")
    detail = f"there is no endpoint {name} here. Use instead: {instead}"
    return JsonResponse({"detail": detail}, status=404)

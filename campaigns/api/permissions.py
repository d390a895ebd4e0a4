"""What the API asks of a token, beside the rights of its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from campaigns.access import is_agent
from campaigns.scopes import EVERY_SCOPE, Scope

if TYPE_CHECKING:  # it imports this module
    from rest_framework.views import APIView


class InScope(BasePermission):
    """Lets a token do what its scopes say.

    Looking needs ``read`` and everything else ``launch``, unless the view's ``scope`` says what
    sending it something needs, or its ``scope_of_all`` what any method does.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = scope_for(str(request.method), view)
        self.message = f"this token hasn't the scope {needed}; make one that has on API tokens"
        return needed in scopes_of(request)


class AgentsSay(BasePermission):
    """Lets nobody but agents send anything, whatever their tokens are for."""

    message = "only agents say that; manage.py make_agent_token makes one"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or is_agent(request.user)


def scope_for(method: str, view: APIView) -> Scope:
    of_all: Scope | None = getattr(view, "scope_of_all", None)
    if of_all is not None:
        return of_all
    return Scope.READ if method in SAFE_METHODS else getattr(view, "scope", Scope.LAUNCH)


def scopes_of(request: Request) -> frozenset[Scope]:
    """Return the scopes of the token that was sent; a session has all of them, and so have jobs.

    What jobs may do is little, and said elsewhere (``submissions.authentication``).
    """
    scopes = getattr(request.auth, "scopes", EVERY_SCOPE)
    return frozenset(Scope(scope) for scope in scopes)

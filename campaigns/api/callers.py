"""Who calls the API, and what they sent: checked once, so that views needn't."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from campaigns.api.misspelt import Exact, require_known
from campaigns.models import Experimenter


def person(request: Request) -> Experimenter:
    """Return the person who calls. Raises PermissionDenied for the token of a job."""
    if not isinstance(request.user, Experimenter):
        raise PermissionDenied("only a person may do this")
    return request.user


def fields(request: Request, shape: type[Exact]) -> Mapping[str, Any]:
    """Return the JSON object that was sent; what its values are isn't looked at.

    Raises ValidationError for anything else, and for keys that ``shape`` hasn't.
    """
    if not isinstance(request.data, Mapping):
        raise ValidationError({"detail": "send a JSON object"})
    require_known(request.data, shape().fields)
    return request.data

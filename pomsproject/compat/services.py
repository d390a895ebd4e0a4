"""How services are, as those who watch them say."""

from django.http import HttpResponse
from rest_framework.exceptions import PermissionDenied, ValidationError

from campaigns.access import is_agent
from pomsproject.compat.calls import Call, plain
from submissions.api.services import SaidSerializer
from submissions.services import NoTree, hear

SAID = ("name", "parent", "status", "host_site", "total", "failed", "description")


def update_service(call: Call) -> HttpResponse:
    """Keep how a service is; one that isn't known is made, and so is its parent."""
    if not is_agent(call.user):
        raise PermissionDenied("only agents say how services are")
    serializer = SaidSerializer(data={name: call.text(name) for name in SAID if call.text(name)})
    if not serializer.is_valid():
        wrong = [f"{name}: {' '.join(map(str, why))}" for name, why in serializer.errors.items()]
        raise ValidationError({"detail": "; ".join(wrong)})
    try:
        hear(**serializer.validated_data)
    except NoTree as error:
        raise ValidationError({"detail": str(error)}) from error
    return plain("Ok.")

"""How a person's wish is answered: done and said so, or refused with the reason."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from campaigns.parameters import UnknownPlaceholder
from campaigns.splits import SplitError
from datahandling.base import DatasetConflict, QueryError, Unknown
from submissions.registering import AlreadyHappened
from workflow.controls import Refused
from workflow.passes import NoMoreSlices
from workflow.requesting import CannotLaunch

REFUSALS = (
    Refused,
    CannotLaunch,
    NoMoreSlices,
    QueryError,
    SplitError,
    UnknownPlaceholder,
    DatasetConflict,
)


def require(allowed: bool, what: str) -> None:
    if not allowed:
        raise PermissionDenied(f"Your role doesn't let you {what}.")


def attempt(request: HttpRequest, do: Callable[[], str]) -> bool:
    """Do what was wished and tell how it went, in the words of ``do`` or of the refusal."""
    try:
        said = do()
    except Unknown as error:
        messages.error(
            request,
            f"The data handling gave no clear answer, and nothing was done; try again. ({error})",
        )
    except AlreadyHappened:
        messages.error(request, "Somebody else did that at the same moment.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
        return True
    return False


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Send the person back to the page that the form names in ``next``, if it is one of ours."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(wanted if safe else otherwise)

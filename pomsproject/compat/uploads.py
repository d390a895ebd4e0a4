"""The files that people keep for their launches."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.response import Response

from campaigns.access import may_manage
from campaigns.models import Experimenter
from campaigns.scopes import Scope
from pomsproject.compat.calls import Call, plain, see_other
from submissions import uploads
from submissions.shelves import CannotKeep, NoSuchFile, Shelf


def file_uploads(call: Call) -> HttpResponse | Response:
    """List somebody's files: ``[name, bytes, when]`` of each."""
    shelf = _shelf(call)
    if not call.wants_json:
        return see_other(call, "submissions:uploads", query=_whose(shelf))
    found = uploads.described(shelf)
    return Response(
        {
            "file_stat_list": [
                [file.name, file.size, f"{file.uploaded_at:%Y-%m-%dT%H:%M:%SZ}"]
                for file in found["files"]
            ],
            "total": found["used"],
            "experimenters": _members(call, shelf),
            "quota": found["quota"],
        }
    )


def upload_file(call: Call) -> HttpResponse:
    """Keep the files that are sent as ``filename``, and lead on to the list."""
    shelf = _shelf(call)
    try:
        uploads.receive(shelf, call.request.FILES.getlist("filename"))
    except CannotKeep as error:
        raise ValidationError({"detail": str(error)}) from error
    return _to_list(call, shelf)


def download_file(call: Call) -> HttpResponseBase:
    """Answer with a file. A token has to be for launches: what is in it may open other doors."""
    if Scope.LAUNCH not in call.scopes:
        raise PermissionDenied(f"this token hasn't the scope {Scope.LAUNCH}")
    try:
        return uploads.download(_shelf(call), call.required("filename"), "text/plain")
    except NoSuchFile as error:
        raise NotFound(str(error)) from error


def remove_uploaded_files(call: Call) -> HttpResponse:
    """Delete files; one that isn't there is none the less gone."""
    action = call.text("action") or "delete"
    if action != "delete":
        raise ValidationError({"detail": "action is delete"})
    shelf = _shelf(call)
    shelf.remove(_names(call))
    return _to_list(call, shelf) if call.flag("redirect") else plain("Ok.")


def _shelf(call: Call) -> Shelf:
    owner = call.text("checkuser", "user", "username")
    try:
        return uploads.find_shelf(call.user, call.experiment, owner)
    except CannotKeep as error:
        raise ValidationError({"detail": str(error)}) from error


def _names(call: Call) -> list[str]:
    """Return the names in ``filename``: given several times, or as a list."""
    said: list[Any] = call.request.query_params.getlist("filename")
    body: Any = call.request.data
    said += body.getlist("filename") if hasattr(body, "getlist") else [body.get("filename", [])]
    names = [name for each in said for name in (each if isinstance(each, list) else [each])]
    if not names:
        raise ValidationError({"detail": "say filename"})
    return [str(name) for name in names]


def _members(call: Call, shelf: Shelf) -> list[str]:
    """Return whose files the caller may ask for."""
    if not may_manage(call.user, shelf.experiment):
        return [shelf.owner.username]
    members = Experimenter.objects.filter(memberships__experiment=shelf.experiment)
    return sorted(members.values_list("username", flat=True))


def _to_list(call: Call, shelf: Shelf) -> HttpResponse:
    return see_other(call, "compat-file_uploads", query=_whose(shelf))


def _whose(shelf: Shelf) -> str:
    whose = {"experiment": shelf.experiment.name}
    return urlencode({**whose, "checkuser": shelf.owner.username, "owner": shelf.owner.username})

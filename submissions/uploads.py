"""Uploaded files through the API: to list, to send, to get back and to delete (DOMAIN 8.16)."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as NotAllowed
from django.core.files.uploadedfile import UploadedFile as SentFile
from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.access import User, may_keep_files, visible_to
from campaigns.models import Experiment, Experimenter
from campaigns.parsing import StorableForm
from campaigns.scopes import Scope
from submissions.models import UploadedFile
from submissions.shelves import QUOTA, CannotKeep, NoSuchFile, Sent, Shelf

MOST_AT_ONCE = 100
WHOSE = [
    OpenApiParameter("experiment", description="Where you are in several."),
    OpenApiParameter("owner", description="Whose, where not yours; for superusers."),
]


class UploadSerializer(serializers.ModelSerializer[UploadedFile]):
    class Meta:
        model = UploadedFile
        fields = ("name", "size", "sha256", "uploaded_at")


class ShelfSerializer(serializers.Serializer[Any]):
    """What somebody keeps in an experiment; sizes are in bytes."""

    experiment = serializers.CharField()
    owner = serializers.CharField()
    used = serializers.IntegerField()
    quota = serializers.IntegerField()
    files = UploadSerializer(many=True)


class SendingSerializer(serializers.Serializer[Any]):
    """Files, in a form of the type ``multipart/form-data``."""

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), max_length=MOST_AT_ONCE
    )
    experiment = serializers.CharField(required=False)
    owner = serializers.CharField(required=False)


def find_shelf(user: User, experiment: str = "", owner: str = "") -> Shelf:
    """Return a person's shelf: the caller's own, unless another owner is named.

    Raises:
        Http404: there is no such experiment, or no such member of it, that the caller may see.
        NotAllowed: it is another's, and the caller isn't a superuser.
        CannotKeep: the caller is in several experiments, and named none.
    """
    if not isinstance(user, Experimenter):
        raise NotAllowed("only people keep files")
    where = _experiment(user, experiment)
    whose = user if owner in ("", user.username) else _member(where, user, owner)
    if not may_keep_files(user, where, whose):
        raise NotAllowed(f"the files of {whose} are theirs")
    return Shelf(where, whose)


def _experiment(user: Experimenter, name: str) -> Experiment:
    mine = visible_to(Experiment.objects.order_by("name"), user, "pk")
    found = list(mine.filter(name=name) if name else mine[:2])
    if not found:
        raise Http404(f"there is no experiment {name} that you are a member of".replace("  ", " "))
    if len(found) > 1:
        raise CannotKeep("you are in several experiments: say experiment")
    return found[0]


def _member(experiment: Experiment, user: Experimenter, owner: str) -> Experimenter:
    members = Experimenter.objects.filter(memberships__experiment=experiment, username=owner)
    found = members.first()
    if found is None:
        raise Http404(f"there is no {owner} in {experiment}")
    return found


def receive(shelf: Shelf, files: "Sequence[SentFile[Any]]") -> list[UploadedFile]:
    """Keep the files of a form, all of them or none. Raises CannotKeep."""
    if not files:
        raise CannotKeep("pick a file first")
    return shelf.keep([Sent(file.name or "", file.chunks()) for file in files])


def described(shelf: Shelf) -> dict[str, Any]:
    files = list(shelf.files())
    return {
        "experiment": shelf.experiment.name,
        "owner": shelf.owner.username,
        "used": sum(file.size for file in files),
        "quota": QUOTA,
        "files": files,
    }


class ShelfView(APIView):
    """A view of one shelf, which the query or the form names."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, CannotKeep):
            exc = ValidationError({"detail": str(exc)})
        elif isinstance(exc, NoSuchFile):
            exc = NotFound(str(exc))
        return super().handle_exception(exc)

    def shelf(self, said: Any) -> Shelf:
        return find_shelf(self.request.user, said.get("experiment", ""), said.get("owner", ""))


class UploadsView(ShelfView):
    parser_classes = (StorableForm,)

    @extend_schema(operation_id="uploads_list", parameters=WHOSE, responses=ShelfSerializer)
    def get(self, request: Request) -> Response:
        """The files that you keep for your launches."""
        return Response(ShelfSerializer(described(self.shelf(request.query_params))).data)

    @extend_schema(
        request={"multipart/form-data": SendingSerializer},
        responses={201: UploadSerializer(many=True)},
    )
    def post(self, request: Request) -> Response:
        """Keep files, in place of those of the same names: all of them or none."""
        shelf = self.shelf(request.data)
        serializer = SendingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        kept = receive(shelf, serializer.validated_data["file"])
        return Response(UploadSerializer(kept, many=True).data, status=201)


class UploadView(ShelfView):
    """One file. Its content may open other doors, so a token that only reads doesn't get it."""

    scope_of_all = Scope.LAUNCH

    @extend_schema(
        parameters=WHOSE, responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, name: str) -> FileResponse:
        """What is in the file."""
        return download(self.shelf(request.query_params), name)

    @extend_schema(parameters=WHOSE, responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Keep the file no more."""
        if not self.shelf(request.query_params).remove([name]):
            raise NotFound(f"there is no file {name!r}")
        return Response(status=204)


def download(
    shelf: Shelf, name: str, content_type: str = "application/octet-stream"
) -> FileResponse:
    """Answer with a file as an attachment that no browser opens. Raises NoSuchFile."""
    response = FileResponse(
        shelf.open(name), as_attachment=True, filename=name, content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response

"""Uploaded files through the API: to list, to send, to get back and to delete."""

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.api.misspelt import Exact
from campaigns.api.parsing import StorableForm
from campaigns.scopes import Scope
from submissions.models import UploadedFile
from submissions.shelves import CannotKeep, NoSuchFile, Shelf
from submissions.uploads import described, download, find_shelf, receive

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


class SendingSerializer(Exact):
    """Files, in a form of the type ``multipart/form-data``."""

    also = frozenset({"csrfmiddlewaretoken"})

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), max_length=MOST_AT_ONCE
    )
    experiment = serializers.CharField(required=False)
    owner = serializers.CharField(required=False)


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

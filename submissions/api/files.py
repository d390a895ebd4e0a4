"""The ``files/`` and ``projects/`` API: the embedded catalogue for jobs, scripts and people."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.access import may_declare, may_enter
from campaigns.api.openapi import one_or_many, refusals
from campaigns.dataservices import handler_of_launch
from campaigns.models import Experiment
from datahandling.base import DataHandler, DatasetConflict, NoSuchName, QueryError, Unknown
from datahandling.handlers.catalogue import (
    BadDeclaration,
    Catalogue,
    Declaration,
    FileConflict,
    HandleConflict,
    Maker,
)
from datahandling.query import Dataset, Query
from submissions.api.file_serializers import (
    CountSerializer,
    DeclarationSerializer,
    DeclaredSerializer,
    FileSerializer,
    HandledSerializer,
    HandleSerializer,
    NamesSerializer,
    NextFileSerializer,
    ProjectSerializer,
)
from submissions.authentication import Job
from submissions.crashpoints import reach
from submissions.snapshots import Policy

MAX_FILES = 10_000
EXPERIMENT = OpenApiParameter(
    "experiment", description="Whose catalogue; a job's is that of its submission."
)
NAME = OpenApiParameter("name", description="The name of a file.")
DATASET = OpenApiParameter("dataset", description="The name of a dataset.")


class CatalogueView(APIView):
    """Knows whose catalogue a request is about: a job's experiment's, or the one named."""

    def catalogue(self, request: Request, *, change: bool) -> Catalogue:
        if isinstance(request.user, Job):
            return Catalogue(request.user.experiment)
        name = request.query_params.get("experiment") or _said(request, "experiment")
        if not name:
            raise ValidationError({"detail": "say which experiment: ?experiment=NAME"})
        experiment = Experiment.objects.filter(name=name).first()
        if experiment is None or not may_enter(request.user, experiment):
            raise NotFound(f"there is no experiment {name} that you are a member of")
        if change and not may_declare(request.user, experiment):
            raise PermissionDenied(f"your role in {name} doesn't let you declare files")
        return Catalogue(name)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what is refused: 404 for no such name, 409 for a conflict, else 400.

        503 says that the data service has no answer now.
        """
        if isinstance(exc, NoSuchName):
            return Response({"detail": str(exc)}, status=404)
        if isinstance(exc, FileConflict | DatasetConflict | HandleConflict):
            return Response({"detail": str(exc)}, status=409)
        if isinstance(exc, BadDeclaration | QueryError):
            return Response({"detail": str(exc)}, status=400)
        if isinstance(exc, Unknown):
            return Response({"detail": str(exc)}, status=503)
        return super().handle_exception(exc)


def _said(request: Request, name: str) -> Any:
    data = request.data[0] if isinstance(request.data, list) and request.data else request.data
    return data.get(name) if isinstance(data, dict) else None


class FilesView(CatalogueView):
    @extend_schema(
        parameters=[
            EXPERIMENT,
            OpenApiParameter("name", description="The name of a file."),
            DATASET,
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="FileOrNames",
                serializers=[FileSerializer, NamesSerializer],
                resource_type_field_name=None,
            ),
        },
    )
    def get(self, request: Request) -> Response:
        """Return one file (``name=``), or the names of a dataset's files (``dataset=``)."""
        catalogue = self.catalogue(request, change=False)
        if name := request.query_params.get("name"):
            return Response(catalogue.metadata(name))
        return Response({"files": catalogue.files(_dataset(request), limit=MAX_FILES)})

    @extend_schema(
        parameters=[EXPERIMENT],
        request=one_or_many("Declarations", DeclarationSerializer),
        responses={201: DeclaredSerializer(many=True), **refusals(409)},
    )
    def post(self, request: Request) -> Response:
        """Declare one file or up to 10,000, all or none; a job's are signed with its submission."""
        items = request.data if isinstance(request.data, list) else [request.data]
        if len(items) > MAX_FILES:
            raise ValidationError({"detail": f"declare at most {MAX_FILES} files at once"})
        catalogue = self.catalogue(request, change=True)
        serializer = DeclarationSerializer(data=items, many=True)
        serializer.is_valid(raise_exception=True)
        _refuse_reserved(request, serializer.validated_data)
        declared = catalogue.declare(
            [Declaration(**said) for said in serializer.validated_data], _maker(request)
        )
        return Response(
            [{"name": name, "outcome": outcome} for name, outcome in declared], status=201
        )


def _dataset(request: Request) -> Query:
    name = request.query_params.get("dataset")
    if not name:
        raise ValidationError({"detail": "say which dataset: ?dataset=NAME"})
    return Dataset(name)


def _refuse_reserved(request: Request, declarations: list[dict[str, Any]]) -> None:
    """Keep names that POMS gives to datasets from everybody but the chain that they are of."""
    own = re.compile(r"(?!)")
    if isinstance(request.user, Job):
        own = re.compile(rf"poms_(?:\w+_)?depends_{request.user.submission.chain_id}_\d+")
    named = {name for said in declarations for name in said["datasets"]}
    taken = sorted(n for n in named if n.startswith("poms_") and not own.fullmatch(n))
    if taken:
        raise PermissionDenied(f"{taken[0]} is a name that POMS gives; choose another")


def _maker(request: Request) -> Maker | None:
    if not isinstance(request.user, Job):
        return None
    submission = request.user.submission
    policy = Policy.of(submission.snapshot.content)
    return Maker(submission.pk, submission.stage_id, policy.software_version)


class FileCountView(CatalogueView):
    @extend_schema(parameters=[EXPERIMENT, DATASET], responses={200: CountSerializer})
    def get(self, request: Request) -> Response:
        """Count the files of a dataset."""
        return Response({"files": self.catalogue(request, change=False).count(_dataset(request))})


class ProjectView(CatalogueView):
    @extend_schema(parameters=[EXPERIMENT], responses={200: ProjectSerializer, **refusals(409)})
    def get(self, request: Request, name: str) -> Response:
        """How far a project is: its number of files, and of those in each state.

        A job's is where the submission's files are; others ask the catalogue.
        """
        _own(request, name)
        project = self._handler(request).project(name)
        if project is None:
            raise NotFound(f"there is no project {name}")
        counts = {
            state: getattr(project, state)
            for state in ("files", "initial", "reserved", "done", "failed")
        }
        return Response({"name": name, "dataset": _dataset_of(request), **counts})

    def _handler(self, request: Request) -> DataHandler:
        if isinstance(request.user, Job):
            return handler_of_launch(request.user.submission.snapshot.content)
        return self.catalogue(request, change=False)


def _dataset_of(request: Request) -> str:
    """Return the input of a job's submission; a project alone doesn't say where it is from."""
    return request.user.submission.dataset if isinstance(request.user, Job) else ""


class HandleView(CatalogueView):
    """What a job says of the files of its submission's project: next, done or failed."""

    @extend_schema(
        parameters=[EXPERIMENT],
        request=HandleSerializer,
        responses={
            200: PolymorphicProxySerializer(
                component_name="HandleAnswer",
                serializers=[NextFileSerializer, HandledSerializer],
                resource_type_field_name=None,
            ),
            204: None,
            **refusals(409),
        },
    )
    def post(self, request: Request, name: str, act: str) -> Response:
        _own(request, name)
        catalogue = self.catalogue(request, change=True)
        serializer = HandleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        if act == "next":
            file = catalogue.next_file(name, said["worker"], said["request"])
            reach("after-next")
            return Response(status=204) if file is None else Response({"file": _json(file)})
        if "file" not in said:
            raise ValidationError({"file": ["say which file"]})
        if act == "done":
            catalogue.file_done(name, said["file"], said["worker"])
        else:
            catalogue.file_failed(
                name, said["file"], said["worker"], retry=said["retry"], why=said["why"]
            )
        return Response({"file": said["file"], "outcome": act})


def _own(request: Request, project: str) -> None:
    if isinstance(request.user, Job) and project != request.user.submission.project:
        raise PermissionDenied("a job speaks for the project of its own submission only")


def _json(file: Any) -> dict[str, Any]:
    return {
        "name": file.name,
        "size": file.size,
        "metadata": file.metadata,
        "locations": [location.url for location in file.locations.all()],
    }

"""Why a submission is where it is, and which files it had."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.keys import NewestFirst
from submissions.figures import figures_for
from submissions.figures.lookups import Part, figure_of, list_files, name_files
from submissions.figures.sums import row_of
from submissions.models import Submission
from submissions.transfers import find_on_their_way
from workflow.api.base import WorkflowView
from workflow.serializers import DecisionSerializer, FigureFilesSerializer, FiguresSerializer

MOST = 200  # files left behind


class DecisionsView(WorkflowView):
    pagination_class = NewestFirst

    @extend_schema(responses=DecisionSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Why a submission is where it is, newest first."""
        return self.paged(self.submission(pk).decisions.all(), DecisionSerializer)


class SubmissionFilesView(WorkflowView):
    @extend_schema(
        parameters=[
            OpenApiParameter("figure", description="List the files behind this figure."),
            OpenApiParameter("page", int, description="Which page of that list."),
            OpenApiParameter("names", description="Ask for names of inputs and outputs, too."),
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="FiguresOrFiles",
                serializers=[FiguresSerializer, FigureFilesSerializer],
                resource_type_field_name=None,
            ),
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        """Its figures with their age, and what was left behind; or the list behind a ``figure``.

        With ``names``, the names of its inputs and outputs are asked for as well.
        """
        submission = self.submission(pk)
        if "figure" in request.query_params:
            return Response(_listed(submission, request.query_params))
        left = submission.left_behind.all()[:MOST]
        answer = _figures(submission) | {
            "left_behind": [{"name": file.file, "kind": file.kind} for file in left]
        }
        return Response(answer | (_names(submission) if "names" in request.query_params else {}))


def _figures(submission: Submission) -> dict[str, Any]:
    """Return what is kept of its files; nobody is asked."""
    row = row_of(submission, figures_for(submission))
    return {
        "figures": {cell.figure.key: cell.number for cell in row.cells if cell.number is not None},
        "states": row.statistics.states if row.statistics else {},
        "asked_at": row.statistics.asked_at if row.statistics else None,
        "unknown": row.statistics.unknown if row.statistics else "",
        "on_their_way": {
            said.file: f"{said.by}: {said.message}"
            for said in find_on_their_way(submission).transfers
        },
    }


def _names(submission: Submission) -> dict[str, Any]:
    """Ask for its first inputs with their states, and outputs. May raise Unknown."""
    files = name_files(submission)
    return {
        "inputs": [{"name": name, "state": state} for name, state in files.inputs],
        "outputs": [{"name": name, "located": there} for name, there in files.outputs],
    }


def _listed(submission: Submission, asked: Mapping[str, str]) -> dict[str, Any]:
    """Ask for the files behind a figure, page by page. May raise Unknown."""
    figure = figure_of(submission, asked["figure"])
    if figure is None:
        lists = ", ".join(each.key for each in figures_for(submission) if each.files)
        raise NotFound(
            f"submission {submission.pk} has no list of files {asked['figure']}; it has {lists}"
        )
    part = Part.read(asked.get("page", ""))
    found = list_files(submission, figure, part)
    return {
        "figure": figure.key,
        "total": found.total,
        "files": found.names,
        "next_page": part.next_of(found.total),
        "query": found.text,
    }

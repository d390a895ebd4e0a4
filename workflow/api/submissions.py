"""Why a submission is where it is, and which files it had."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from submissions.inputs import MOST, find_files
from workflow.api.base import WorkflowView
from workflow.models import Decision


class DecisionsView(WorkflowView):
    def get(self, request: Request, pk: int) -> Response:
        """Why a submission is where it is, newest first."""
        decisions = self.submission(pk).decisions.order_by("-pk")
        return Response([_decision(decision) for decision in decisions])


def _decision(decision: Decision) -> dict[str, Any]:
    names = ("about", "conclusion", "facts", "unknown", "first_at", "last_at", "times")
    return {name: getattr(decision, name) for name in names}


class SubmissionFilesView(WorkflowView):
    def get(self, request: Request, pk: int) -> Response:
        """The first of its inputs with their states, of its outputs, and what was left behind."""
        submission = self.submission(pk)
        files = find_files(submission)
        left = submission.left_behind.all()[:MOST]
        return Response(
            {
                "inputs": [{"name": name, "state": state} for name, state in files.inputs],
                "outputs": [{"name": name, "located": there} for name, there in files.outputs],
                "output_count": files.output_count,
                "left_behind": [{"name": file.file, "kind": file.kind} for file in left],
            }
        )

"""Which endpoints there are, and what answers them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from rest_framework.response import Response

from pomsproject.compat import launches, registering, reports
from pomsproject.compat.calls import Call

Answer = Callable[[Call], HttpResponse | Response]


@dataclass(frozen=True)
class Endpoint:
    """``changes``: whether it does something, which a browser's GET never may."""

    name: str
    answer: Answer
    changes: bool = False


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("update_submission", reports.update_submission, changes=True),
    Endpoint("update_submissions", reports.update_submissions, changes=True),
    Endpoint("get_submission_id_for", registering.get_submission_id_for, changes=True),
    Endpoint("get_task_id_for", registering.get_submission_id_for, changes=True),
    Endpoint("running_submissions", reports.running_submissions),
    Endpoint("experiment_list", reports.experiment_list),
    Endpoint("calculate_dd_project_completion", reports.calculate_dd_project_completion),
    Endpoint("launch_jobs", launches.launch_jobs, changes=True),
    Endpoint("launch_campaign", launches.launch_campaign, changes=True),
    Endpoint("launch_recovery_for", launches.launch_recovery_for, changes=True),
    Endpoint("list_launch_file", launches.list_launch_file),
    Endpoint("force_locate_submission", launches.force_locate_submission, changes=True),
    Endpoint("wrapup_tasks", launches.wrapup_tasks, changes=True),
)

"""The REST API of what happens next: launches, recoveries, holds, schedules, decisions."""

from workflow.api.controls import ControlsView
from workflow.api.holds import HoldsView, HoldView
from workflow.api.launches import LaunchesView, PlanView, RecoveriesView
from workflow.api.schedules import SchedulesView, ScheduleView
from workflow.api.submissions import DecisionsView, SubmissionFilesView

__all__ = [
    "ControlsView",
    "DecisionsView",
    "HoldView",
    "HoldsView",
    "LaunchesView",
    "PlanView",
    "RecoveriesView",
    "ScheduleView",
    "SchedulesView",
    "SubmissionFilesView",
]

"""The addresses of the REST API, below ``/api/v1/``."""

from django.urls import include, path, register_converter
from rest_framework.routers import SimpleRouter

from campaigns.api import campaigns
from pomsproject.schema import DocsView, SchemaView
from submissions.api.agents import AgentViewSet, AwaitedView
from submissions.api.files import FileCountView, FilesView, HandleView, ProjectView
from submissions.api.services import ServiceViewSet
from submissions.api.submissions import LeaveView, ReportsView, SubmissionViewSet
from submissions.api.uploads import UploadsView, UploadView
from workflow import api as workflow


class Handled:
    """What a job says of a file of its project."""

    regex = "next|done|failed"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Handled, "handled")
router = SimpleRouter()
router.register("submissions", SubmissionViewSet, basename="api-submissions")
router.register("agents", AgentViewSet, basename="api-agents")
router.register("services", ServiceViewSet, basename="api-services")
router.register("experiments", campaigns.ExperimentViewSet, basename="api-experiments")
router.register("campaigns", campaigns.CampaignViewSet, basename="api-campaigns")
router.register("stages", campaigns.StageViewSet, basename="api-stages")
router.register("job-types", campaigns.JobTypeViewSet, basename="api-job-types")
router.register("login-setups", campaigns.LoginSetupViewSet, basename="api-login-setups")
router.register("tags", campaigns.TagViewSet, basename="api-tags")

urlpatterns = [
    path("agents/awaited/", AwaitedView.as_view(), name="api-awaited"),
    path("reports/", ReportsView.as_view(), name="api-reports"),
    path("submissions/<int:pk>/leave/", LeaveView.as_view(), name="api-leave"),
    path("submissions/<int:pk>/decisions/", workflow.DecisionsView.as_view(), name="api-decisions"),
    path(
        "submissions/<int:pk>/files/",
        workflow.SubmissionFilesView.as_view(),
        name="api-submission-files",
    ),
    path("launches/", workflow.LaunchesView.as_view(), name="api-launches"),
    path("recoveries/", workflow.RecoveriesView.as_view(), name="api-recoveries"),
    path("controls/", workflow.ControlsView.as_view(), name="api-controls"),
    path("holds/", workflow.HoldsView.as_view(), name="api-holds"),
    path("holds/<int:pk>/", workflow.HoldView.as_view(), name="api-hold"),
    path("schedules/", workflow.SchedulesView.as_view(), name="api-schedules"),
    path("schedules/<int:pk>/", workflow.ScheduleView.as_view(), name="api-schedule"),
    path("campaigns/<int:pk>/plan/", workflow.PlanView.as_view(), name="api-plan"),
    path("uploads/", UploadsView.as_view(), name="api-uploads"),
    path("uploads/<str:name>/", UploadView.as_view(), name="api-upload"),
    path("files/", FilesView.as_view(), name="api-files"),
    path("files/count/", FileCountView.as_view(), name="api-file-count"),
    path("projects/<str:name>/", ProjectView.as_view(), name="api-project"),
    path("projects/<str:name>/<handled:act>/", HandleView.as_view(), name="api-handle"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("", include(router.urls)),
]

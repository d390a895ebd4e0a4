"""Which endpoints there are, and what answers them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http.response import HttpResponseBase

from campaigns.scopes import Scope
from pomsproject.compat import (
    files,
    launches,
    naming,
    registering,
    reports,
    services,
    setups,
    showing,
    stages,
    submissions,
    uploads,
)
from pomsproject.compat.calls import Call

Answer = Callable[[Call], HttpResponseBase]


@dataclass(frozen=True)
class Endpoint:
    """``needs`` is what a token has to be for, whether it is sent with a GET or a POST."""

    name: str
    answer: Answer
    needs: Scope = Scope.READ

    @property
    def changes(self) -> bool:
        """Whether it does something, which a browser's GET never may."""
        return self.needs != Scope.READ


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("update_submission", reports.update_submission, Scope.REPORT),
    Endpoint("update_submissions", reports.update_submissions, Scope.REPORT),
    Endpoint("get_submission_id_for", registering.get_submission_id_for, Scope.LAUNCH),
    Endpoint("get_task_id_for", registering.get_submission_id_for, Scope.LAUNCH),
    Endpoint("running_submissions", reports.running_submissions),
    Endpoint("experiment_list", reports.experiment_list),
    Endpoint("calculate_dd_project_completion", reports.calculate_dd_project_completion),
    Endpoint("launch_jobs", launches.launch_jobs, Scope.LAUNCH),
    Endpoint("launch_campaign", launches.launch_campaign, Scope.LAUNCH),
    Endpoint("launch_recovery_for", launches.launch_recovery_for, Scope.LAUNCH),
    Endpoint("list_launch_file", launches.list_launch_file),
    Endpoint("abort_launch", launches.abort_launch, Scope.LAUNCH),
    Endpoint("kill_jobs", launches.kill_jobs, Scope.LAUNCH),
    Endpoint("force_locate_submission", launches.force_locate_submission, Scope.LAUNCH),
    Endpoint("wrapup_tasks", launches.wrapup_tasks, Scope.LAUNCH),
    Endpoint("show_campaigns", showing.show_campaigns),
    Endpoint("show_campaign_stages", showing.show_campaign_stages),
    Endpoint("campaign_stage_submissions", submissions.campaign_stage_submissions),
    Endpoint("submission_details", submissions.submission_details),
    Endpoint("session_status_history", submissions.session_status_history),
    Endpoint("campaign_list_json", naming.campaign_list_json),
    Endpoint("get_campaign_id", naming.get_campaign_id),
    Endpoint("get_campaign_name", naming.get_campaign_name),
    Endpoint("get_campaign_stage_id", naming.get_campaign_stage_id),
    Endpoint("get_campaign_stage_name", naming.get_campaign_stage_name),
    Endpoint("get_jobtype_id", naming.get_jobtype_id),
    Endpoint("get_loginsetup_id", naming.get_loginsetup_id),
    Endpoint("campaign_deps_ini", files.campaign_deps_ini),
    Endpoint("ini_to_campaign", files.ini_to_campaign, Scope.LAUNCH),
    Endpoint("update_campaign_stage", stages.update_campaign_stage, Scope.LAUNCH),
    Endpoint("update_stage_param_overrides", stages.update_stage_param_overrides, Scope.LAUNCH),
    Endpoint("campaign_stage_edit", stages.campaign_stage_edit, Scope.LAUNCH),
    Endpoint("login_setup_edit", setups.login_setup_edit, Scope.LAUNCH),
    Endpoint("launch_template_edit", setups.login_setup_edit, Scope.LAUNCH),
    Endpoint("login_setup_rm", setups.login_setup_rm, Scope.LAUNCH),
    Endpoint("job_type_edit", setups.job_type_edit, Scope.LAUNCH),
    Endpoint("job_type_rm", setups.job_type_rm, Scope.LAUNCH),
    Endpoint("modify_job_type_recoveries", setups.modify_job_type_recoveries, Scope.LAUNCH),
    Endpoint("link_tags", stages.link_tags, Scope.LAUNCH),
    Endpoint("file_uploads", uploads.file_uploads),
    Endpoint("upload_file", uploads.upload_file, Scope.LAUNCH),
    Endpoint("download_file", uploads.download_file),
    Endpoint("remove_uploaded_files", uploads.remove_uploaded_files, Scope.LAUNCH),
    Endpoint("update_service", services.update_service, Scope.REPORT),
)

# Endpoints of the old system that are gone, and what does the same now.
INSTEAD = {
    "campaign_overview": "/campaigns/{id}/",
    "campaign_stage_info": "/stages/{id}/",
    "campaign_task_files": "/campaigns/{id}/files/ or /stages/{id}/files/",
    "gui_wf_clone": "/api/v1/campaigns/{id}/export/ and /api/v1/campaigns/import/",
    "gui_wf_edit": "/admin/",
    "held_launches": "/holds/, or /api/v1/holds/",
    "launch_jobs_commands": "/api/v1/campaigns/{id}/plan/, or the stage's page",
    "launch_queued_job": "nothing: what a hold queues goes on by itself when it is lifted",
    "mark_campaign_hold": "/api/v1/holds/",
    "mark_failed_submissions": "nothing: each launch is looked after by itself",
    "raw_tables": "/admin/",
    "save_campaign": "/api/v1/campaigns/import/",
    "schedule_launch": "/api/v1/schedules/",
    "set_job_launches": "/api/v1/holds/",
    "show_dimension_files": "/api/v1/submissions/{id}/files/?figure=KEY",
    "update_launch_schedule": "/api/v1/schedules/",
}

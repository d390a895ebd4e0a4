from django.urls import path

from workflow.views import (
    campaigns,
    holds,
    home,
    jobs,
    launches,
    projects,
    runs,
    stages,
    submissions,
)

app_name = "workflow"
urlpatterns = [
    path("", home.home, name="home"),
    path("now/", home.now, name="now"),
    path("campaigns/<int:pk>/graph/", campaigns.graph, name="campaign-graph"),
    path("campaigns/<int:pk>/runs/", campaigns.runs, name="campaign-runs"),
    path("campaigns/<int:pk>/launch/", launches.launch_campaign, name="launch-campaign"),
    path("campaigns/<int:pk>/holds/", holds.over_campaign, name="holds-over-campaign"),
    path("campaigns/<int:pk>/jobs/<slug:act>/", jobs.of_campaign, name="jobs-of-campaign"),
    path("runs/<int:pk>/state/", runs.state, name="run-state"),
    path("stages/<int:pk>/preview/", launches.show_preview, name="preview"),
    path("stages/<int:pk>/launch/", launches.launch_stage, name="launch-stage"),
    path("stages/<int:pk>/holds/", holds.over_stage, name="holds-over-stage"),
    path("stages/<int:pk>/jobs/<slug:act>/", jobs.of_stage, name="jobs-of-stage"),
    path("stages/<int:pk>/passes/", stages.passes, name="passes"),
    path("stages/<int:pk>/passes/reset/", stages.reset, name="reset-pass"),
    path("passes/<int:pk>/resume/", stages.resume, name="resume-pass"),
    path("stages/<int:pk>/schedules/", stages.schedules, name="schedules"),
    path("stages/<int:pk>/schedules/add/", stages.add_schedule, name="add-schedule"),
    path("schedules/<int:pk>/delete/", stages.delete_schedule, name="delete-schedule"),
    path("submissions/<int:pk>/why/", submissions.why, name="why"),
    path("submissions/<int:pk>/controls/", submissions.controls, name="controls"),
    path("submissions/<int:pk>/recover/", submissions.recover, name="recover"),
    path("submissions/<int:pk>/do/<slug:name>/", submissions.control, name="control"),
    path("submissions/<int:pk>/project/restart/", projects.restart, name="restart-handles"),
    path("submissions/<int:pk>/project/activate/", projects.activate, name="activate-project"),
    path("holds/", holds.holds, name="holds"),
    path("holds/make/", holds.make, name="make-hold"),
    path("holds/<int:pk>/lift/", holds.lift, name="lift-hold"),
]

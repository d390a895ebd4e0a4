from django.urls import path

from submissions.views import agents, details, files, jobs, lists, outputs, runs, statistics

app_name = "submissions"
urlpatterns = [
    path("agents/", agents.agents, name="agents"),
    path("submissions/", lists.submissions, name="list"),
    path("submissions/newer/", lists.newer, name="newer"),
    path("submissions/<int:pk>/", details.submission, name="submission"),
    path("submissions/<int:pk>/row/", lists.row, name="row"),
    path("submissions/<int:pk>/now/", details.now, name="now"),
    path("submissions/<int:pk>/files/", files.card, name="files"),
    path("submissions/<int:pk>/files/<slug:key>/", files.figure, name="figure"),
    path("submissions/<int:pk>/file/", files.file, name="file"),
    path("submissions/<int:pk>/project/", files.project, name="project"),
    path("submissions/<int:pk>/log/", details.log, name="log"),
    path("submissions/<int:pk>/jobs/", jobs.failed_jobs, name="failed-jobs"),
    path("submissions/<int:pk>/jobs/<int:job>/", jobs.job_log, name="job-log"),
    path("submissions/<int:pk>/outputs/", outputs.outputs, name="outputs"),
    path("submissions/<int:pk>/outputs/<path:name>", outputs.output, name="output"),
    path("stages/<int:pk>/submissions/", lists.of_stage, name="of-stage"),
    path("stages/<int:pk>/files/", statistics.of_stage, name="files-of-stage"),
    path("stages/<int:pk>/sums/", statistics.sums_of_stage, name="sums-of-stage"),
    path("campaigns/<int:pk>/files/", statistics.of_campaign, name="files-of-campaign"),
    path("campaigns/<int:pk>/sums/", statistics.sums_of_campaign, name="sums-of-campaign"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/submissions/", runs.submissions, name="of-run"),
]

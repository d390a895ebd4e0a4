from django.urls import path

from submissions.views import details, lists, outputs, runs

app_name = "submissions"
urlpatterns = [
    path("submissions/", lists.submissions, name="list"),
    path("submissions/newer/", lists.newer, name="newer"),
    path("submissions/<int:pk>/", details.submission, name="submission"),
    path("submissions/<int:pk>/row/", lists.row, name="row"),
    path("submissions/<int:pk>/now/", details.now, name="now"),
    path("submissions/<int:pk>/files/", details.files, name="files"),
    path("submissions/<int:pk>/log/", details.log, name="log"),
    path("submissions/<int:pk>/outputs/", outputs.outputs, name="outputs"),
    path("submissions/<int:pk>/outputs/<path:name>", outputs.output, name="output"),
    path("stages/<int:pk>/submissions/", lists.of_stage, name="of-stage"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/submissions/", runs.submissions, name="of-run"),
]

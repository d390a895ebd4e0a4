"""What has to be true of runs that are done, whatever was killed on the way."""

from collections import Counter

from datahandling.models import File, Handle
from submissions.models import Submission, SubmissionHistory
from workflow.models import LeftBehind
from workflow.runs import State, state_of

SUBMISSIONS = Counter(
    {
        ("gen", "person"): 1,
        ("work", "slice"): 2,
        ("work", "recovery"): 2,
        ("merge", "join"): 1,
    }
)
ONCE = ("Completed", "Located")


def check(site, runs):
    for run in runs:
        check_run(run)
    check_batch(site, Submission.objects.filter(run__in=runs))
    check_logs(site)


def check_run(run):
    assert state_of(run).state == State.DONE, state_of(run)
    found = Submission.objects.filter(run=run).select_related("stage").order_by("pk")
    assert Counter((row.stage.name, row.cause) for row in found) == SUBMISSIONS
    for row in found:
        statuses = Counter(SubmissionHistory.objects.filter(submission=row).values_list("status"))
        assert all(statuses[(status,)] == 1 for status in ONCE), (row, statuses)
    check_files(found[0].pk, [row.pk for row in found])


def check_files(gen, submissions):
    """Each of the files 1 to 3 is worked on once and merged once; no. 0 is given up, by name."""
    given_up = LeftBehind.objects.filter(submission__in=submissions).values_list("file", "kind")
    assert list(given_up) == [(f"gen-{gen}-0", "given up")]
    worked = File.objects.filter(made_by_submission__in=submissions, name__startswith="work-")
    parents = sorted(
        name for file in worked for name in file.parents.values_list("name", flat=True)
    )
    assert parents == [f"gen-{gen}-{number}" for number in (1, 2, 3)]
    [merged] = File.objects.filter(made_by_submission__in=submissions, name__startswith="merge-")
    assert set(merged.parents.all()) == set(worked)
    projects = [f"poms_{pk}" for pk in submissions]
    handles = Handle.objects.filter(project__name__in=projects).values_list("state", "attempts")
    assert Counter(handles) == {("done", 1): 2 + 1 + 3, ("failed", 1): 2 + 1}


def check_batch(site, submissions):
    """Each submission is in the batch once, and no launch so much as tried a second time."""
    clusters = [cluster.submission for cluster in site.batch.clusters()]
    assert sorted(clusters) == sorted(row.pk for row in submissions)
    for cluster in site.batch.clusters():
        summary = cluster.summary()
        assert summary["over"], (cluster, summary)
        assert summary["completed"] == cluster.jobs, (cluster, summary)
        assert submissions.get(pk=cluster.submission).jobsub_job_id == cluster.id
    for log in site.folder.glob("launches/*/*/log"):
        assert "in the batch already" not in log.read_text(), log.read_text()


def check_logs(site):
    for log in site.logs():
        assert "Traceback" not in log.read_text(), f"{log}:\n{log.read_text()}"

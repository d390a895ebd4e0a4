"""What becomes of agents' reports: late, repeated, out of order, or about nobody (WORKFLOW W3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models.campaigns import WhenFailed
from submissions.models import Submission, SubmissionHistory
from submissions.models.entering import MOST_OF_JOBS
from submissions.models.submissions import Cause
from submissions.reports.reading import Report
from submissions.reports.recording import MOST_OF_ONE, Outcome, record

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def minutes(number):
    return NOON + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("status", "reported", "becomes", "outcome"),
    [
        ("New", "Idle", "Idle", "moved"),
        ("Running", "Idle", "Idle", "moved"),
        ("Idle", "Idle", "Idle", "unchanged"),
        ("Running", "Unknown", "Running", "unchanged"),
        ("Running", "no such word", "Running", "unchanged"),
        ("Running", "New", "Running", "unchanged"),
        ("New", "New", "New", "unchanged"),
        ("Running", "Located", "Running", "ignored"),
        ("Running", "Skipped", "Running", "ignored"),
        ("LaunchFailed", "Running", "Running", "moved"),
        ("Completed", "Running", "Completed", "ignored"),
        ("Completed", "Held", "Completed", "ignored"),
        ("Located", "Failed", "Located", "ignored"),
        ("Failed", "Running", "Failed", "ignored"),
        ("Removed", "Completed", "Removed", "ignored"),
        ("Cancelled", "Running", "Cancelled", "ignored"),
        ("Awaiting Approval", "Completed", "Awaiting Approval", "ignored"),
        ("Running", "Failed", "Failed", "moved"),
        ("Running", "Cancelled", "Cancelled", "moved"),
    ],
)
def test_a_report_moves_what_may_be_moved(site, say, status, reported, becomes, outcome):
    submission = site.submission(status=status)

    answer = say(submission, reported)

    assert (submission.status, answer.outcome, answer.status) == (becomes, outcome, becomes)


def test_of_very_many_reports_of_one_submission_only_the_newest_are_taken(site):
    submission = site.submission()
    other = site.submission(submission.stage)
    said = [Report(submission.pk, "Running", observed_at=minutes(n)) for n in range(MOST_OF_ONE)]
    old = Report(submission.pk, "Idle", observed_at=minutes(-1))
    nobody = [Report(999_999, "Running")] * (MOST_OF_ONE + 1)

    answers = record([*said, old, Report(other.pk, "Idle"), *nobody])

    moved, *rest = answers[: len(said) + 1]
    assert (moved.outcome, moved.status) == (Outcome.MOVED, "Running")
    assert {answer.outcome for answer in rest[:-1]} == {Outcome.UNCHANGED}
    assert (rest[-1].outcome, rest[-1].status) == (Outcome.IGNORED, "Running")
    assert answers[len(said) + 1].outcome == Outcome.MOVED
    assert {answer.outcome for answer in answers[len(said) + 2 :]} == {Outcome.UNKNOWN}
    assert [row.status for row in SubmissionHistory.objects.filter(submission=submission)] == [
        "New",
        "Running",
    ]


def test_a_report_of_nobody_changes_nothing_and_is_answered_unknown(site):
    (answer,) = record([Report(999_999, "Running")])

    assert answer.outcome == Outcome.UNKNOWN
    assert not Submission.objects.exists()


def test_one_final_submission_in_a_batch_keeps_none_of_the_others_back(site):
    stage = site.stage()
    first, final, last = (site.submission(stage, s) for s in ("Idle", "Located", "Idle"))

    answers = record([Report(s.pk, "Running") for s in (first, final, last)])

    assert [answer.outcome for answer in answers] == ["moved", "ignored", "moved"]
    assert [answer.submission_id for answer in answers] == [first.pk, final.pk, last.pk]


def test_answers_come_in_the_order_of_the_reports(site):
    stage = site.stage()
    a, b = site.submission(stage, "Idle"), site.submission(stage, "Idle")
    reports = [Report(b.pk, "Held"), Report(7, "Idle"), Report(a.pk, "Idle"), Report(b.pk, "Held")]

    answers = record(reports)

    assert [(answer.submission_id, answer.outcome) for answer in answers] == [
        (b.pk, "moved"),
        (7, "unknown"),
        (a.pk, "unchanged"),
        (b.pk, "unchanged"),
    ]


def test_several_reports_of_one_submission_are_taken_in_the_order_they_were_seen(site):
    submission = site.submission(status="Idle")
    seen = [("Completed", 3), ("Running", 1), ("Held", 2)]

    record([Report(submission.pk, s, observed_at=minutes(m), source="a") for s, m in seen])

    assert list(submission.history.values_list("status", flat=True)) == [
        "Idle",
        "Running",
        "Held",
        "Completed",
    ]


def test_a_report_older_than_the_last_of_its_source_is_ignored(site, say):
    submission = site.submission(status="Idle")
    say(submission, "Running", observed_at=minutes(5))

    answer = say(submission, "Held", observed_at=minutes(4), pct_complete=7)

    assert answer.outcome == Outcome.IGNORED
    assert (submission.status, submission.pct_complete) == ("Running", 0)


def test_two_reports_of_the_same_instant_are_both_heard(site, say):
    submission = site.submission(status="Idle")
    say(submission, "Running", observed_at=minutes(5))

    assert say(submission, "Held", observed_at=minutes(5)).outcome == Outcome.MOVED


def test_each_source_has_a_clock_of_its_own(site, say):
    submission = site.submission(status="Idle")
    say(submission, "Running", source="lens", observed_at=minutes(5))

    answer = say(submission, "Held", source="condor", observed_at=minutes(4))

    assert answer.outcome == Outcome.MOVED


def test_a_report_from_the_future_counts_as_of_now(site, say):
    submission = site.submission(status="Idle")
    say(submission, "Running", observed_at=timezone.now() + timedelta(days=1))

    assert say(submission, "Held", observed_at=timezone.now()).outcome == Outcome.MOVED


def test_job_id_project_percent_and_counts_are_kept_even_when_the_status_stays(site, say):
    submission = site.submission(status="Running")

    say(submission, "Running", jobsub_job_id="12@here", project="p", pct_complete=40)
    say(submission, jobs={"submitted": 10, "running": 6})
    say(submission, jobs={"running": 5})

    assert (submission.jobsub_job_id, submission.project) == ("12@here", "p")
    assert (submission.pct_complete, submission.jobs_submitted) == (40, 10)
    assert submission.jobs == {"submitted": 10, "running": 5}


def test_what_sources_say_of_jobs_does_not_grow_for_ever(site, say):
    submission = site.submission(status="Running")
    for number in range(20):
        say(submission, jobs={f"note {number}": "x" * 9_000, "running": number})

    assert len(str(submission.jobs)) < MOST_OF_JOBS
    assert submission.jobs["running"] == 19


def test_a_project_that_poms_made_itself_stays_the_submissions(site, say):
    submission = site.submission(status="Running")
    submission.project = f"poms_{submission.pk}"
    submission.save()

    say(submission, project="somebody_elses")

    assert submission.project == f"poms_{submission.pk}"


def test_the_project_that_was_reported_first_stays(site, say):
    submission = site.submission(status="Running")

    say(submission, project="nova_prod_1")
    say(submission, "Running", project="nova_prod_2")

    assert submission.project == "nova_prod_1"


def test_running_at_the_stages_percentage_is_completed(site, say):
    submission = site.submission(site.stage(completion_pct=95), "Running")

    say(submission, "Running", pct_complete=94.9)
    assert submission.status == "Running"

    say(submission, "Running", pct_complete=95)
    assert submission.status == "Completed"
    assert submission.history.last().note == "reported as Running"


def test_the_last_job_is_waited_for_while_a_recovery_is_left_to_plan(site, say):
    stage = site.stage(completion_pct=70, recoveries=["consumed_status"])
    submission = site.submission(stage, "Running", project="poms_1")

    say(submission, "Running", pct_complete=99)
    assert submission.status == "Running"

    Submission.objects.filter(pk=submission.pk).update(steps_taken=1)
    say(submission, "Running", pct_complete=99)
    assert submission.status == "Completed"


def test_a_recovery_finishes_early_only_when_its_original_has_no_step_left(site, say):
    stage = site.stage(completion_pct=70, recoveries=["consumed_status", "pending_files"])
    original = site.submission(stage, "Located", project="poms_1", steps_taken=1)
    recovery = site.recovery(original, "Running")

    say(recovery, "Running", pct_complete=99)
    assert recovery.status == "Running"

    Submission.objects.filter(pk=original.pk).update(steps_taken=2)
    say(recovery, "Running", pct_complete=99)
    assert recovery.status == "Completed"


def test_counts_of_one_that_finished_early_go_on_and_its_last_job_wakes_the_chain(site, say):
    submission = site.submission(site.stage(completion_pct=50), "Running", jobsub_job_id="1@x")
    say(submission, "Running", pct_complete=60)
    Submission.objects.filter(pk=submission.pk).update(due_at=None)

    say(submission, "Running", pct_complete=80)
    assert (submission.status, submission.pct_complete) == ("Completed", 80)
    assert submission.jobs_ended_at is None
    assert submission.due_at is None

    say(submission, "Completed", pct_complete=100)
    assert submission.jobs_ended_at is not None
    assert submission.due_at is not None


def test_a_recovery_whose_jobs_fail_again_is_completed(site, say):
    recovery = site.recovery(site.submission(status="Located"), "Running")

    say(recovery, "Failed")

    assert recovery.status == "Completed"
    assert recovery.history.last().note == "reported as Failed"


def test_a_stage_may_go_on_when_its_jobs_failed(site, say):
    submission = site.submission(site.stage(when_failed=WhenFailed.GO_ON), "Running")

    say(submission, "Failed")

    assert submission.status == "Completed"


def test_the_rules_are_those_of_the_launch_not_those_of_now(site, say):
    stage = site.stage(completion_pct=95)
    submission = site.submission(stage, "Running")
    stage.completion_pct = 10
    stage.save()

    say(submission, "Running", pct_complete=50)

    assert submission.status == "Running"


def test_jobs_that_are_seen_again_have_not_ended(site, say):
    submission = site.submission(status="LaunchFailed")
    Submission.objects.filter(pk=submission.pk).update(jobs_ended_at=NOON)

    say(submission, "Running", jobsub_job_id="1@x")

    assert submission.jobs_ended_at is None


@pytest.mark.slow
def test_the_number_of_statements_is_the_same_for_10_and_2000_reports(site):
    stage = site.stage()
    snapshot = site.submission(stage).snapshot

    def statements(number):
        row = {"experiment": site.campaign.experiment, "stage": stage, "run": site.run}
        row |= {"cause": Cause.PERSON, "creator": site.person, "snapshot": snapshot}
        rows = Submission.objects.bulk_create(
            Submission(status="Idle", **row) for _ in range(number)
        )
        said = [Report(s.pk, ("Running", "Completed")[s.pk % 2], "1@x") for s in rows]
        with CaptureQueriesContext(connection) as asked:
            answers = record(said)
        assert all(answer.outcome == Outcome.MOVED for answer in answers)
        return len(asked)

    assert statements(10) == statements(2000)
    assert SubmissionHistory.objects.filter(status="Completed").count() == 1005

"""Reports in bulk: what they cost depends on how many things happen, not on how often each."""

import gc
import itertools
import json
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.ruler import Cost, seconds
from campaigns.agents import agent_named
from submissions.models import ReportClock, Submission, SubmissionHistory
from submissions.statuses import Actor, Status

FEW, MORE, MOST = 100, 1_000, 10_000
TRIES = 5
THREE = (Status.RUNNING, Status.HELD, Status.COMPLETED)


@pytest.fixture
def report(client):
    """Send reports as an agent does; each moves a submission that is Idle."""
    client.force_login(agent_named("bench"))

    def send(said):
        body, answers = json.dumps(said), []
        with CaptureQueriesContext(connection) as queries:
            taken = seconds(lambda: answers.append(post(client, body)))
        [answer] = answers
        assert {one["outcome"] for one in answer.json()} == {"moved"}, answer.content
        return Cost(len(queries), taken)

    gc.freeze()  # as the server does
    return send


def said_of(keys, statuses):
    """What an agent says of these submissions: of each something else."""
    return [
        {
            "submission_id": key,
            "status": status,
            "jobsub_job_id": f"{key}.0@schedd",
            "pct_complete": key % 100,
            "jobs": {"submitted": 12, "running": key % 12},
            "source": "bench",
            "observed_at": timezone.now().isoformat(),
        }
        for key, status in zip(keys, itertools.cycle(statuses), strict=False)
    ]


def post(client, body):
    return client.post("/api/v1/reports/", body, content_type="application/json")


@pytest.mark.parametrize("statuses", [THREE[:1], THREE], ids=["one transition", "three"])
def test_reports_in_bulk_cost_a_constant_number_of_statements(history, report, statuses):
    report(said_of(history.in_batch(FEW), statuses))  # what is read once per process is read now
    costs = {
        count: report(said_of(history.in_batch(count), statuses)) for count in (FEW, MORE, MOST)
    }

    print()
    for count, each in costs.items():
        per_report = 1e6 * each.seconds / count
        print(
            f"{count:,} reports, {len(statuses)} statuses: {each}, {per_report:.0f} µs per report"
        )
    assert len({each.queries for each in costs.values()}) == 1


@pytest.mark.timeout(600)
def test_reports_in_bulk_beside_statements_by_hand_and_single_saves(history, report):
    """Wanted: at most 1.5 times as long as by hand, and at least 50 times as fast as saves."""
    report(said_of(history.in_batch(FEW), THREE))  # what is read once per process is read now
    bulk, hand = [], []
    for _ in range(TRIES):
        bulk.append(report(said_of(history.in_batch(MOST), THREE)).seconds)
        hand.append(seconds(partial(by_hand, said_of(history.in_batch(MOST), THREE))))
    said = said_of(history.in_batch(MOST), THREE)

    saved = seconds(lambda: [save(one) for one in said])

    print(f"\n{MOST:,} reports: {min(bulk):.2f} s")
    print(f"by hand: {min(hand):.2f} s; × {min(bulk) / min(hand):.1f} (at most × 1.5 is wanted)")
    print(f"one by one: {saved:.1f} s; × {saved / min(bulk):.0f} (at least × 50 is wanted)")


def by_hand(said):
    """What these reports come to in the database, in as few statements as can be."""
    keys, statuses = ([one[name] for one in said] for name in ("submission_id", "status"))
    times = [one["observed_at"] for one in said]
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE submissions_submission AS s
            SET status = r.status, status_since = %s, looks = 0,
                due_at = CASE r.status WHEN 'Completed' THEN %s END,
                completed_at = CASE r.status WHEN 'Completed' THEN %s END,
                jobs_ended_at = CASE r.status WHEN 'Completed' THEN %s END,
                jobsub_job_id = r.job_id, pct_complete = r.pct, jobs = s.jobs || r.jobs::jsonb,
                jobs_submitted = (r.jobs::jsonb ->> 'submitted')::int
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::text[])
                 AS r (id, status, job_id, pct, jobs)
            WHERE s.id = r.id AND s.status IN ('New', 'Idle', 'Running', 'Held')
            """,
            [
                *[now] * 4,
                *(keys, statuses, [one["jobsub_job_id"] for one in said]),
                [one["pct_complete"] for one in said],
                [json.dumps(one["jobs"]) for one in said],
            ],
        )
        cursor.execute(
            """
            INSERT INTO submissions_submissionhistory
                (submission_id, status, at, actor, source, note)
            SELECT id, status, %s, 'agent', 'bench', ''
            FROM unnest(%s::bigint[], %s::text[]) AS r (id, status)
            """,
            [now, keys, statuses],
        )
        cursor.execute(
            """
            INSERT INTO submissions_reportclock AS clock (submission_id, source, observed_at)
            SELECT id, 'bench', at FROM unnest(%s::bigint[], %s::timestamptz[]) AS r (id, at)
            ON CONFLICT (submission_id, source)
            DO UPDATE SET observed_at = greatest(clock.observed_at, excluded.observed_at)
            """,
            [keys, times],
        )


@transaction.atomic
def save(said):
    """What one report comes to, done with one object at a time."""
    submission = Submission.objects.get(pk=said["submission_id"])
    submission.status, submission.status_since = said["status"], timezone.now()
    submission.pct_complete, submission.jobs = said["pct_complete"], said["jobs"]
    submission.jobsub_job_id = said["jobsub_job_id"]
    submission.save()
    SubmissionHistory.objects.create(
        submission=submission, status=said["status"], at=timezone.now(), actor=Actor.AGENT
    )
    ReportClock.objects.update_or_create(
        submission=submission, source="bench", defaults={"observed_at": said["observed_at"]}
    )

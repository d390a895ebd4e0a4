"""Reports in bulk: what they cost depends on how many things happen, not on how often each."""

import itertools
import json
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.ruler import Cost, seconds
from campaigns.agents import agent_named
from submissions.models import Submission, SubmissionHistory
from submissions.statuses import Actor, Status

FEW, MORE, MOST = 100, 1_000, 10_000
TRIES = 3
THREE = (Status.RUNNING, Status.HELD, Status.COMPLETED)


@pytest.fixture
def report(client):
    """Send reports as an agent does; each moves a submission that is Idle."""
    client.force_login(agent_named("bench"))

    def send(keys, statuses):
        body = [
            {
                "submission_id": key,
                "status": status,
                "pct_complete": 50,
                "jobs": {"submitted": 12, "running": 6},
                "source": "bench",
                "observed_at": timezone.now().isoformat(),
            }
            for key, status in zip(keys, itertools.cycle(statuses), strict=False)
        ]
        with CaptureQueriesContext(connection) as queries:
            taken = seconds(lambda: answers.extend(post(client, body)))
        return Cost(len(queries), taken)

    answers = []
    yield send
    assert {answer["outcome"] for answer in answers} == {"moved"}


def post(client, body):
    response = client.post("/api/v1/reports/", json.dumps(body), content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("statuses", [THREE[:1], THREE], ids=["one transition", "three"])
def test_reports_in_bulk_cost_a_constant_number_of_statements(history, report, statuses):
    report(history.in_batch(FEW), statuses)  # what is read once per process is read now
    costs = {count: report(history.in_batch(count), statuses) for count in (FEW, MORE, MOST)}

    print()
    for count, each in costs.items():
        per_report = 1e6 * each.seconds / count
        print(
            f"{count:,} reports, {len(statuses)} statuses: {each}, {per_report:.0f} µs per report"
        )
    assert len({each.queries for each in costs.values()}) == 1


def test_reports_in_bulk_beside_statements_by_hand_and_single_saves(history, report):
    """Wanted: at most 1.5 times as long as by hand, and at least 50 times as fast as saves."""
    report(history.in_batch(FEW), THREE)  # what is read once per process is read now
    bulk = min(report(history.in_batch(MOST), THREE).seconds for _ in range(TRIES))
    hand = min(seconds(partial(by_hand, history.in_batch(MOST))) for _ in range(TRIES))
    keys = history.in_batch(MOST)

    saved = seconds(lambda: [save(key) for key in keys])

    print(f"\n{MOST:,} reports: {bulk:.2f} s")
    print(f"three statements by hand: {hand:.2f} s; × {bulk / hand:.1f} (at most × 1.5 is wanted)")
    print(f"saved one by one: {saved:.1f} s; × {saved / bulk:.0f} (at least × 50 is wanted)")


def by_hand(keys):
    """What the reports come to in the database, in as few statements as can be."""
    statuses = list(itertools.islice(itertools.cycle(THREE), len(keys)))
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE submissions_submission AS s
            SET status = r.status, status_since = %s, due_at = CASE r.status
                    WHEN 'Completed' THEN %s END,
                completed_at = CASE r.status WHEN 'Completed' THEN %s END,
                pct_complete = 50, jobs = s.jobs || %s::jsonb, jobs_submitted = 12
            FROM unnest(%s::bigint[], %s::text[]) AS r (id, status)
            WHERE s.id = r.id
            """,
            [now, now, now, json.dumps({"submitted": 12, "running": 6}), keys, statuses],
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
            SELECT id, 'bench', %s FROM unnest(%s::bigint[]) AS r (id)
            ON CONFLICT (submission_id, source)
            DO UPDATE SET observed_at = greatest(clock.observed_at, excluded.observed_at)
            """,
            [now, keys],
        )


def save(key):
    """What a report comes to at least, done with one object at a time."""
    submission = Submission.objects.get(pk=key)
    submission.status, submission.pct_complete = Status.RUNNING, 50
    submission.jobs = {"submitted": 12, "running": 6}
    submission.save()
    SubmissionHistory.objects.create(
        submission=submission, status=Status.RUNNING, at=timezone.now(), actor=Actor.AGENT
    )

"""Reports in bulk: what they cost depends on how many things happen, not on how often each."""

import itertools
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.ruler import Cost, seconds
from campaigns.agents import agent_named
from submissions.models import Submission, SubmissionHistory
from submissions.statuses import Actor, Status

FEW, MORE, MOST = 100, 1_000, 10_000
SAVED = 200
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


def test_reports_in_bulk_beat_saving_each(history, report):
    bulk = report(history.in_batch(MOST), THREE)
    keys = history.in_batch(SAVED)

    saved = MOST / SAVED * seconds(lambda: [save(key) for key in keys])

    print(f"\n{MOST:,} reports: {bulk.seconds:.2f} s; saved one by one: {saved:.1f} s")
    print(f"in bulk {saved / bulk.seconds:.0f} times as fast")


def save(key):
    """What a report comes to at least, done with one object at a time."""
    submission = Submission.objects.get(pk=key)
    submission.status, submission.pct_complete = Status.RUNNING, 50
    submission.jobs = {"submitted": 12, "running": 6}
    submission.save()
    SubmissionHistory.objects.create(
        submission=submission, status=Status.RUNNING, at=timezone.now(), actor=Actor.AGENT
    )

"""Reports as they come over the wire: one or many, and a bad one never spoils the rest."""

import json
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from campaigns.tests import builders
from submissions.models import ReportClock, Submission
from submissions.reports.recording import MAX_REPORTS

URL = "/api/v1/reports/"


@pytest.fixture
def agent(db):
    client = APIClient()
    client.force_authenticate(builders.person("lens", is_agent=True))
    return client


def test_a_single_report_has_a_single_answer(site, agent):
    submission = site.submission()

    answer = agent.post(URL, {"submission_id": submission.pk, "status": "Idle"})

    assert answer.status_code == 200
    assert answer.json() == {
        "submission_id": submission.pk,
        "outcome": "moved",
        "status": "Idle",
    }


def test_many_reports_are_answered_each_in_its_place(site, agent):
    submission = site.submission()
    said = [
        {"submission_id": submission.pk, "status": "Idle"},
        {"submission_id": "nobody"},
        {"submission_id": 999_999, "status": "Idle"},
        "no report at all",
        {"submission_id": submission.pk, "status": "Running"},
    ]

    answers = agent.post(URL, said).json()

    outcomes = [answer["outcome"] for answer in answers]
    assert outcomes == ["moved", "invalid", "unknown", "invalid", "moved"]
    assert "submission_id" in answers[1]["detail"]


@pytest.mark.parametrize(
    "said",
    [
        {"pct_complete": 101},
        {"pct_complete": "nan"},
        {"jobs": {"submitted": True}},
        {"jobs": {"submitted": -1}},
        {"jobs": {"submitted": 2**31}},
        {"jobs": {"held": "\0"}},
        {"jobs": {"held": "\ud800"}},
        {"status": "\0"},
        {"observed_at": "yesterday"},
        {"observed_at": 1_790_000_000},
        {"observed_at": "1790000000"},
        {"observed_at": "0001-01-01T00:00:00+14:00"},
        {"status": None},
        {"status": "x" * 41},
        {"submission_id": 2**63},
        {"submission_id": True},
    ],
)
def test_what_can_not_be_true_is_invalid_and_changes_nothing(site, agent, said):
    submission = site.submission(status="Idle")
    report = {"submission_id": submission.pk, "status": "Running", **said}

    answer = agent.generic("POST", URL, json.dumps(report), content_type="application/json")

    assert answer.status_code == 200
    assert answer.json()["outcome"] == "invalid"
    assert Submission.objects.get().status == "Idle"


def test_a_time_without_its_zone_is_universal(site, agent):
    submission = site.submission(status="Idle")
    said = {
        "submission_id": submission.pk,
        "observed_at": "2026-01-02T03:04:05",
        "source": " lens ",
    }

    agent.post(URL, said)

    [clock] = ReportClock.objects.all()
    assert (clock.source, clock.observed_at) == ("lens", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_numbers_too_large_for_json_are_invalid(site, agent):
    submission = site.submission(status="Idle")
    report = f'{{"submission_id": {submission.pk}, "jobs": {{"held": 1e999}}}}'

    answer = agent.generic("POST", URL, report, content_type="application/json")

    assert answer.json()["outcome"] == "invalid"


def test_counts_may_hold_whatever_the_agent_knows(site, agent):
    submission = site.submission(status="Running")
    jobs = {"submitted": 3, "by_exit_code": {"0": 2, "1": 1}, "efficiency": 0.8, "note": "a\\u0000"}

    agent.post(URL, {"submission_id": submission.pk, "jobs": jobs})

    assert Submission.objects.get().jobs == jobs


def test_no_more_than_ten_thousand_at_once(agent):
    answer = agent.post(URL, [{"submission_id": 1}] * (MAX_REPORTS + 1))

    assert answer.status_code == 400
    assert "at most 10000" in answer.json()["detail"]


def test_nothing_reported_is_nothing_answered(agent):
    assert agent.post(URL, []).json() == []


def test_strangers_may_not_report(site):
    client = APIClient()
    client.force_authenticate(builders.person("stranger"))

    answer = client.post(URL, {"submission_id": site.submission().pk, "status": "Idle"})

    assert answer.status_code == 403


def test_a_status_that_there_is_not_is_refused_with_those_that_there_are(site, agent):
    submission = site.submission(status="Idle")

    refused = agent.get("/api/v1/submissions/?status=Nonsense")

    assert refused.status_code == 400
    assert "there is no status Nonsense; there is New" in refused.json()["status"][0]
    found = agent.get("/api/v1/submissions/?status=Idle").json()["results"]
    assert [row["submission_id"] for row in found] == [submission.pk]


@pytest.mark.parametrize("key", ["1e999", '"\\ud800"', '{"\\ud800": 1}'])
def test_an_id_that_could_not_be_sent_back_spoils_no_other_report(site, agent, key):
    submission = site.submission()
    reports = (
        f'[{{"submission_id": {key}}}, {{"submission_id": {submission.pk}, "status": "Idle"}}]'
    )

    answers = agent.generic("POST", URL, reports, content_type="application/json").json()

    assert [answer["outcome"] for answer in answers] == ["invalid", "moved"]
    assert answers[0]["submission_id"] is None


@pytest.mark.parametrize("at", ["1763823600", "1763823600.5", "-5", "+5", "20261122"])
def test_seconds_since_some_day_are_no_time(site, agent, at):
    report = {"submission_id": site.submission().pk, "status": "Idle", "observed_at": at}

    answer = agent.post(URL, report).json()

    assert answer["outcome"] == "invalid"
    assert "ISO 8601" in answer["detail"]["observed_at"][0]

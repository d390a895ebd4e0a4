"""What agents say of submissions: one report or 10,000, late, repeated or out of order (W3)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from campaigns.models.campaigns import StageType, WhenFailed
from submissions.models import ReportClock, Snapshot, Submission
from submissions.snapshots import Policy
from submissions.statuses import OVER, Actor, Status, may_move

MAX_REPORTS = 10_000
WORDS = frozenset(Status.values)


@dataclass(frozen=True)
class Report:
    """What one source saw of one submission.

    ``status`` may be a word that POMS doesn't know (agents say "Unknown"): then only the rest is
    recorded. ``pct_complete`` is percent of jobs; ``jobs`` has counts by state.
    """

    submission_id: int
    status: str = ""
    jobsub_job_id: str = ""
    project: str = ""
    pct_complete: float | None = None
    jobs: Mapping[str, Any] = field(default_factory=dict)
    observed_at: datetime | None = None
    source: str = ""


class Outcome(StrEnum):
    MOVED = "moved"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"
    UNKNOWN = "unknown"  # no such submission is registered


@dataclass(frozen=True)
class Answer:
    submission_id: int
    outcome: Outcome
    status: str


def record(reports: Sequence[Report]) -> list[Answer]:
    """Record ``reports`` and return what became of each, in their order.

    Several reports of one submission are taken one after the other; everything else is set-based:
    the number of statements depends on how many different statuses are entered, not on how many
    reports there are.
    """
    answers: list[Answer | None] = [None] * len(reports)
    for turn in _turns(reports):
        for index, answer in zip(
            turn, _record_turn([reports[index] for index in turn]), strict=True
        ):
            answers[index] = answer
    return [answer for answer in answers if answer is not None]


def _turns(reports: Sequence[Report]) -> list[list[int]]:
    """Group the reports' indices so that no submission stands twice in a group, oldest first."""
    per_submission: dict[int, list[int]] = defaultdict(list)
    for index, report in enumerate(reports):
        per_submission[report.submission_id].append(index)
    now = timezone.now()
    for indices in per_submission.values():
        indices.sort(key=lambda index: reports[index].observed_at or now)
    turns = zip_longest(*per_submission.values())
    return [[index for index in turn if index is not None] for turn in turns]


@transaction.atomic
def _record_turn(reports: Sequence[Report]) -> list[Answer]:
    ids = [report.submission_id for report in reports]
    known = _lock(ids)
    clocks = {
        (submission, source): at
        for submission, source, at in ReportClock.objects.filter(submission__in=known).values_list(
            "submission_id", "source", "observed_at"
        )
    }
    now = timezone.now()
    targets: dict[int, Status | None] = {}
    news: list[tuple[Report, datetime]] = []
    for report in reports:
        if report.submission_id not in known:
            continue
        seen = min(report.observed_at or now, now)
        last = clocks.get((report.submission_id, report.source))
        if last is None or seen >= last:
            targets[report.submission_id] = _target(report, known[report.submission_id])
            news.append((report, seen))
    moved = _move(targets, known, news)
    _note(news, now)
    return [_answer(report.submission_id, known, targets, moved) for report in reports]


@dataclass(frozen=True)
class _Known:
    """What has to be known of a submission to judge a report of it."""

    pk: int
    status: Status
    policy: Policy
    is_recovery: bool
    steps_left: int


def _lock(ids: Iterable[int]) -> dict[int, _Known]:
    """Lock these submissions and the originals of their chains, in the order that ``move`` does."""
    pairs = Submission.objects.filter(pk__in=ids).values_list("pk", "original_id")
    family = {pk for pk, _ in pairs} | {original for _, original in pairs if original}
    rows = Submission.objects.filter(pk__in=family).order_by("pk").select_for_update(no_key=True)
    chain = {
        row.pk: row
        for row in rows.only(
            "pk", "status", "original_id", "cause_key", "steps_taken", "snapshot_id"
        )
    }
    contents = Snapshot.objects.filter(pk__in={row.snapshot_id for row in chain.values()})
    policies = {pk: Policy.of(content) for pk, content in contents.values_list("pk", "content")}
    return {pk: _known(chain[pk], chain, policies) for pk in ids if pk in chain}


def _known(
    row: Submission, chain: Mapping[int, Submission], policies: Mapping[str, Policy]
) -> _Known:
    original = chain[row.chain_id]
    steps = len(policies[original.snapshot_id].recoveries)
    return _Known(
        pk=row.pk,
        status=Status(row.status),
        policy=policies[row.snapshot_id],
        is_recovery=row.is_recovery,
        steps_left=steps - original.steps_taken,
    )


def _target(report: Report, row: _Known) -> Status | None:
    """Return the status that a report asks for, by the rules of W3 and W5."""
    if report.status not in WORDS:
        return None
    status = Status(report.status)
    if status == Status.NEW or row.policy.stage_type == StageType.APPROVAL:
        return None
    if status == Status.FAILED and (row.is_recovery or row.policy.when_failed == WhenFailed.GO_ON):
        return Status.COMPLETED
    enough = report.pct_complete is not None and report.pct_complete >= row.policy.completion_pct
    if status == Status.RUNNING and enough and row.steps_left <= 0:
        return Status.COMPLETED
    return status


def _move(
    targets: Mapping[int, Status | None],
    known: Mapping[int, _Known],
    news: Sequence[tuple[Report, datetime]],
) -> set[int]:
    groups: dict[tuple[Status, str, str], list[int]] = defaultdict(list)
    for report, _ in news:
        target = targets[report.submission_id]
        row = known[report.submission_id]
        if target is not None and may_move(row.status, target, Actor.AGENT):
            note = f"reported as {report.status}" if report.status != target else ""
            groups[target, report.source, note].append(row.pk)
    moved: set[int] = set()
    for (target, source, note), ids in groups.items():
        moved.update(
            Submission.objects.filter(pk__in=ids).move(
                target, actor=Actor.AGENT, source=source, note=note
            )
        )
    return moved


def _note(news: Sequence[tuple[Report, datetime]], now: datetime) -> None:
    """Write down job ids, projects, percent, counts and clocks, in three statements."""
    if not news:
        return
    over = [report.submission_id for report, _ in news if report.status in OVER]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE submissions_submission AS s
            SET jobsub_job_id = CASE WHEN r.job_id <> '' THEN r.job_id ELSE s.jobsub_job_id END,
                project = COALESCE(NULLIF(s.project, ''), r.project),  -- the first one stays
                pct_complete = COALESCE(r.pct, s.pct_complete),
                jobs = CASE WHEN r.jobs <> '{}' THEN s.jobs || r.jobs::jsonb ELSE s.jobs END,
                jobs_submitted = COALESCE((r.jobs::jsonb ->> 'submitted')::int, s.jobs_submitted)
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::text[])
                 AS r (id, job_id, project, pct, jobs)
            WHERE s.id = r.id
            """,
            _columns(news),
        )
        cursor.execute(
            """
            INSERT INTO submissions_reportclock AS clock (submission_id, source, observed_at)
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])
            ON CONFLICT (submission_id, source)
            DO UPDATE SET observed_at = greatest(clock.observed_at, excluded.observed_at)
            """,
            [
                [report.submission_id for report, _ in news],
                [report.source for report, _ in news],
                [seen for _, seen in news],
            ],
        )
    _jobs_ended(over, now)


def _columns(news: Sequence[tuple[Report, datetime]]) -> list[list[Any]]:
    return [
        [report.submission_id for report, _ in news],
        [report.jobsub_job_id for report, _ in news],
        [report.project for report, _ in news],
        [report.pct_complete for report, _ in news],
        [json.dumps(dict(report.jobs)) for report, _ in news],
    ]


def _jobs_ended(ids: Sequence[int], now: datetime) -> None:
    """No jobs are left, of one that finished early or was kicked too: its chain may go on."""
    ended = Submission.objects.filter(pk__in=ids, jobs_ended_at=None)
    rows = list(ended.filter(status__in=OVER | {Status.LOCATED}).values_list("pk", "original_id"))
    if rows:
        Submission.objects.filter(pk__in=[pk for pk, _ in rows]).update(jobs_ended_at=now)
        Submission.objects.filter(pk__in=[original or pk for pk, original in rows]).wake()


def _answer(
    pk: int, known: Mapping[int, _Known], targets: Mapping[int, Status | None], moved: set[int]
) -> Answer:
    if pk not in known:
        return Answer(pk, Outcome.UNKNOWN, "")
    status = known[pk].status
    if pk in moved:
        target = targets[pk]
        assert target is not None
        return Answer(pk, Outcome.MOVED, target.value)
    heard = pk in targets and targets[pk] in (None, status)
    return Answer(pk, Outcome.UNCHANGED if heard else Outcome.IGNORED, status)

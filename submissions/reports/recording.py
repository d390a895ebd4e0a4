"""What agents say of submissions: one report or 10,000, late, repeated or out of order (W3)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from campaigns.models.campaigns import StageType, WhenFailed
from datahandling.storable import STRICT
from submissions.models import FileStatistics, ReportClock, Snapshot, Submission
from submissions.models.entering import Moved, note, with_originals
from submissions.models.history import By
from submissions.models.queue import is_any
from submissions.models.submissions import recovers
from submissions.reports.reading import Report
from submissions.snapshots import Policy
from submissions.statuses import OVER, Actor, Status, may_move

MAX_REPORTS = 10_000
MOST_OF_ONE = 100  # reports of one submission at once; older ones are old news
STATUSES = {status.value: status for status in Status}


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
    answers: dict[int, Answer] = {}
    last: dict[int, Answer] = {}
    for turn in _turns(reports):
        recorded = _record_turn([reports[index] for index in turn])
        for index, answer in zip(turn, recorded, strict=True):
            answers[index] = last[answer.submission_id] = answer
    return [
        answers[index] if index in answers else _ignored(last[report.submission_id])
        for index, report in enumerate(reports)
    ]


def _ignored(last: Answer) -> Answer:
    """Answer a report that was too old to be looked at as those that followed it were."""
    if last.outcome == Outcome.UNKNOWN:
        return last
    return replace(last, outcome=Outcome.IGNORED)


def _turns(reports: Sequence[Report]) -> list[list[int]]:
    """Group the reports' indices so that no submission stands twice in a group, oldest first.

    Of one submission only the newest are in them.
    """
    per_submission: dict[int, list[int]] = defaultdict(list)
    for index, report in enumerate(reports):
        per_submission[report.submission_id].append(index)
    now = timezone.now()
    for indices in per_submission.values():
        indices.sort(key=lambda index: reports[index].observed_at or now)
        del indices[:-MOST_OF_ONE]
    turns = zip_longest(*per_submission.values())
    return [[index for index in turn if index is not None] for turn in turns]


@transaction.atomic
def _record_turn(reports: Sequence[Report]) -> list[Answer]:
    known = _lock([report.submission_id for report in reports])
    clocks = {
        (submission, source): at
        for submission, source, at in ReportClock.objects.filter(
            is_any("submission", known), source__in={report.source for report in reports}
        ).values_list("submission_id", "source", "observed_at")
    }
    now = timezone.now()
    news: dict[int, Status | None] = {}
    seen: list[dict[str, Any]] = []
    moves: dict[_Move, list[Report]] = defaultdict(list)
    for report in reports:
        row = known.get(report.submission_id)
        if row is None:
            continue
        at = min(report.observed_at or now, now)
        last = clocks.get((row.pk, report.source))
        if last is not None and at < last:
            continue
        seen.append({"id": row.pk, "source": report.source, "at": at.isoformat()})
        news[row.pk] = target = _target(report, row)
        moves[_move(report, row, target)].append(report)
    moved = _write(moves, now)
    _set_clocks(seen)
    return [_answer(report.submission_id, known, news, moved) for report in reports]


class _Known(NamedTuple):
    """What has to be known of a submission to judge a report of it."""

    pk: int
    status: Status
    policy: Policy
    is_recovery: bool
    steps_left: int


def _lock(ids: Sequence[int]) -> dict[int, _Known]:
    """Lock these submissions and the originals of their chains, in the order that ``move`` does."""
    pairs = Submission.objects.filter(is_any("pk", ids)).values_list("pk", "original_id")
    family = {original or pk for pk, original in pairs} | set(ids)
    rows = Submission.objects.filter(is_any("pk", family)).order_by("pk")
    chain = {
        row[0]: _Row(*row) for row in rows.select_for_update(no_key=True).values_list(*_Row._fields)
    }
    contents = Snapshot.objects.filter(pk__in={row.snapshot for row in chain.values()})
    policies = {pk: Policy.of(content) for pk, content in contents.values_list("pk", "content")}
    return {pk: _known(chain[pk], chain, policies) for pk in ids if pk in chain}


class _Row(NamedTuple):
    """The columns that ``_Known`` is made of."""

    pk: int
    status: str
    original: int | None
    cause_key: str | None
    steps_taken: int
    snapshot: str


def _known(row: _Row, chain: Mapping[int, _Row], policies: Mapping[str, Policy]) -> _Known:
    original = chain[row.original or row.pk]
    return _Known(
        row.pk,
        STATUSES[row.status],
        policies[row.snapshot],
        recovers(row.original, row.cause_key) is not None,
        len(policies[original.snapshot].recoveries) - original.steps_taken,
    )


def _target(report: Report, row: _Known) -> Status | None:
    """Return the status that a report asks for, by the rules of W3 and W5."""
    status = STATUSES.get(report.status)
    if status in (None, Status.NEW) or row.policy.stage_type == StageType.APPROVAL:
        return None
    if status == Status.FAILED and (row.is_recovery or row.policy.when_failed == WhenFailed.GO_ON):
        return Status.COMPLETED
    enough = report.pct_complete is not None and report.pct_complete >= row.policy.completion_pct
    if status == Status.RUNNING and enough and row.steps_left <= 0:
        return Status.COMPLETED
    return status


class _Move(NamedTuple):
    """What several reports come to, and is written for all of them at once.

    Without a ``target`` the status stays; ``over``: no jobs are left, they say.
    """

    target: Status | None
    source: str
    note: str
    over: bool


def _move(report: Report, row: _Known, target: Status | None) -> _Move:
    over = report.status in OVER
    if target is None or not may_move(row.status, target, Actor.AGENT):
        return _Move(None, "", "", over)
    note = f"reported as {report.status}" if report.status != target else ""
    return _Move(target, report.source, note, over)


def _write(moves: Mapping[_Move, Sequence[Report]], now: datetime) -> set[int]:
    """Write down status, job id, project, percent and counts of each; return what has moved."""
    moved: Moved = []
    for (target, source, words, over), reports in moves.items():
        ids = [report.submission_id for report in reports]
        if target is not None:
            by = By(Actor.AGENT, None, source, words, now)
            moved += Submission.objects.move_locked(
                ids, target, by, said=reports, jobs_are_over=over
            )
        else:
            note(reports)
            if over:
                _jobs_ended(ids, now)
    FileStatistics.objects.moved(with_originals(moved))
    return {pk for pk, _ in moved}


def _jobs_ended(ids: Sequence[int], now: datetime) -> None:
    """No jobs are left, of one that finished early or was kicked: its chain may go on."""
    ended = Submission.objects.filter(pk__in=ids, jobs_ended_at=None)
    rows = list(ended.filter(status__in=OVER | {Status.LOCATED}).values_list("pk", "original_id"))
    if rows:
        Submission.objects.filter(pk__in=[pk for pk, _ in rows]).update(jobs_ended_at=now)
        Submission.objects.filter(pk__in=[original or pk for pk, original in rows]).wake()


def _set_clocks(seen: Sequence[dict[str, Any]]) -> None:
    """Remember when each source saw each submission last."""
    if not seen:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO submissions_reportclock AS clock (submission_id, source, observed_at)
            SELECT *
            FROM json_to_recordset(%s::json) AS seen (id bigint, source text, at timestamptz)
            ON CONFLICT (submission_id, source)
            DO UPDATE SET observed_at = greatest(clock.observed_at, excluded.observed_at)
            """,
            [STRICT.encode(seen)],
        )


def _answer(
    pk: int, known: Mapping[int, _Known], news: Mapping[int, Status | None], moved: set[int]
) -> Answer:
    if pk not in known:
        return Answer(pk, Outcome.UNKNOWN, "")
    status = known[pk].status
    if pk in moved:
        target = news[pk]
        assert target is not None
        return Answer(pk, Outcome.MOVED, target)
    heard = pk in news and news[pk] in (None, status)
    return Answer(pk, Outcome.UNCHANGED if heard else Outcome.IGNORED, status)

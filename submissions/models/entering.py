"""Entering a status: the guard, the row and what is said beside, in one statement for many rows.

Raw SQL, because the ORM can't update many rows with values of their own without a CASE as long as
all of them. Whoever calls has locked the rows, in the order of their ids.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from datahandling.storable import STRICT
from submissions.models.queue import as_array
from submissions.statuses import ENDED_BY_PERSON, IN_BATCH, Status

LOOKED_AT = {Status.NEW, Status.COMPLETED, Status.SKIPPED} | ENDED_BY_PERSON


class Said(Protocol):
    """What somebody says of a submission beside its status; what is empty wasn't said."""

    @property
    def submission_id(self) -> int: ...
    @property
    def jobsub_job_id(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def pct_complete(self) -> float | None: ...
    @property
    def jobs(self) -> Mapping[str, Any]: ...


Moved = list[tuple[int, int | None]]  # submissions, and the originals of those that are recoveries

MOST_OF_JOBS = 100_000  # bytes; one report has some 10,000, and a few sources report on each

# The first project stays; of counts by state those that are said replace those of before, and all
# of them where that would be too much: sources make up names as they like.
WHAT_IS_SAID = f"""
    jobsub_job_id = CASE WHEN said.job_id <> '' THEN said.job_id ELSE s.jobsub_job_id END,
    project = COALESCE(NULLIF(s.project, ''), said.project),
    pct_complete = COALESCE(said.pct, s.pct_complete),
    jobs = CASE WHEN pg_column_size(s.jobs || said.jobs) > {MOST_OF_JOBS}
                THEN said.jobs ELSE s.jobs || said.jobs END,
    jobs_submitted = COALESCE((said.jobs ->> 'submitted')::int, s.jobs_submitted)
"""
# One text that PostgreSQL reads much faster than as many parameters as there are values.
SAID = """
    FROM json_to_recordset(%s::json)
         AS said (id bigint, job_id text, project text, pct float8, jobs jsonb)
    WHERE s.id = said.id
"""


def enter(
    submissions: Collection[int],
    target: Status,
    allowed: Collection[Status],
    at: datetime,
    *,
    said: Sequence[Said] = (),
    jobs_are_over: bool = False,
) -> Moved:
    """Have those enter ``target`` that have a status of ``allowed``; return which did.

    With them goes what is ``said`` of them: of all of them, or nothing.
    """
    entered = _entered(target, at)
    changes = [f"{column} = %s" for column in entered]
    values: list[Any] = list(entered.values())
    if jobs_are_over:
        changes.append("jobs_ended_at = COALESCE(s.jobs_ended_at, %s)")
        values.append(timezone.now())
    if said:
        changes.append(WHAT_IS_SAID)
        which, rows = SAID, as_rows(said)
    else:
        which, rows = "WHERE s.id = ANY(%s::bigint[])", as_array(submissions)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE submissions_submission AS s SET {', '.join(changes)} {which}"  # noqa: S608
            " AND s.status = ANY(%s) RETURNING s.id, s.original_id",  # only names of columns
            [*values, rows, list(allowed)],
        )
        moved: Moved = cursor.fetchall()
    return moved


def with_originals(moved: Moved) -> set[int]:
    """Return what moved, and the originals of the recoveries: figures are a chain's."""
    return {pk for pk, _ in moved} | {original for _, original in moved if original}


def note(said: Sequence[Said]) -> None:
    """Write down what is said of submissions that keep their status."""
    if said:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE submissions_submission AS s SET {WHAT_IS_SAID} {SAID}",  # noqa: S608
                [as_rows(said)],
            )


def as_rows(said: Sequence[Said]) -> str:
    rows = [
        {
            "id": one.submission_id,
            "job_id": one.jobsub_job_id,
            "project": one.project,
            "pct": one.pct_complete,
            "jobs": one.jobs,
        }
        for one in said
    ]
    return STRICT.encode(rows)


def _entered(status: Status, at: datetime) -> dict[str, object]:
    """Return what changes on a row when it gets this status, by column."""
    now = timezone.now()
    look = now if status in LOOKED_AT else None
    changes: dict[str, object] = {"status": status, "status_since": at, "due_at": look, "looks": 0}
    if status in IN_BATCH:
        changes["jobs_ended_at"] = None
    if status == Status.COMPLETED:
        changes |= {"completed_at": now, "unknown_since": None, "unknown_for": timedelta()}
    return changes


# What that may be, and what has to be read again after it.
MOVED = (
    *("status", "status_since", "due_at", "looks", "jobs_ended_at", "completed_at"),
    *("unknown_since", "unknown_for"),
)

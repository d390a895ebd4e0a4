"""What Landscape knows of submissions, and its answers to the fields that are asked for.

``submissions(group or user, from?, to?)``, ``submission(id or pomsTaskID)`` and ``job(id)``, with
the fields that agents select. As upstream: a submission that isn't there is null, with an error
that names its path, and the rest is answered all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from operator import attrgetter
from typing import Any, Optional

from poms_client.agents.spelling import lead_job
from poms_client.testing.lens.graphql import Field

GROUPS = {"samdev": "fermilab"}  # what an experiment is called there, where it differs
NOT_FOUND = {
    "pomsTaskID": "no submission found with the given pomsTaskId",
    "id": "no submission found with the given id",
}


@dataclass
class Seen:
    """One submission as Landscape sees it; counts are jobs."""

    id: str
    poms_task_id: Optional[int]
    group: str = "fermilab"
    user: str = "poms"
    done: Optional[bool] = False
    running: Optional[int] = 0
    idle: Optional[int] = 0
    held: Optional[int] = 0
    failed: Optional[int] = 0
    completed: Optional[int] = 0
    cancelled: Optional[int] = 0
    error: Optional[bool] = False
    submit_time: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    command: str = ""
    args: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    status: str = ""


class Problem(Exception):
    """A field without an answer; the message goes into ``errors``."""


AS_THEY_ARE = (
    *("id", "done", "running", "idle", "held", "failed", "completed", "cancelled"),
    *("error", "command", "args", "status"),
)
PLAIN: dict[str, Callable[[Seen], Any]] = {
    "pomsTaskID": attrgetter("poms_task_id"),
    "submitTime": lambda seen: seen.submit_time.isoformat(),
    **{name: attrgetter(name) for name in AS_THEY_ARE},
}


class Landscape:
    """Submissions by their job ids; shared by the threads of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_job: dict[str, Seen] = {}
        self._by_number: dict[int, Seen] = {}

    def put(self, *seen: Seen) -> None:
        """Add submissions, or replace those of the same job id."""
        with self._lock:
            for each in seen:
                self._by_job[lead_job(each.id)] = each
                if each.poms_task_id is not None:
                    self._by_number[each.poms_task_id] = each

    def answer(self, fields: tuple[Field, ...]) -> dict[str, Any]:
        """Return ``{"data": …}``, with ``errors`` where there are any."""
        data: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        with self._lock:
            for each in fields:
                if each.name not in ROOTS:
                    message = f'Cannot query field "{each.name}" on type "Query".'
                    return {"errors": [{"message": message}]}
                try:
                    data[each.alias] = ROOTS[each.name](self, each)
                except Problem as problem:
                    data[each.alias] = None
                    errors.append({"message": str(problem), "path": [each.alias]})
        return {"data": data, "errors": errors} if errors else {"data": data}

    def _submission(self, asked: Field) -> dict[str, Any]:
        said = asked.arguments
        argument = next((name for name in NOT_FOUND if name in said), None)
        if argument is None:
            raise Problem("submission needs an id or a pomsTaskID")
        key: Any = said[argument]
        by_number = argument == "pomsTaskID"
        seen = self._by_number.get(key) if by_number else self._by_job.get(lead_job(str(key)))
        if seen is None:
            raise Problem(NOT_FOUND[argument])
        return _selected(seen, asked)

    def _submissions(self, asked: Field) -> list[dict[str, Any]]:
        group, user = asked.arguments.get("group"), asked.arguments.get("user")
        since, until = _moment(asked.arguments.get("from")), _moment(asked.arguments.get("to"))
        return [
            _selected(seen, asked)
            for seen in self._by_job.values()
            if (group is None or seen.group == GROUPS.get(str(group), group))
            and (user is None or seen.user == user)
            and (since is None or seen.submit_time >= since)
            and (until is None or seen.submit_time <= until)
        ]


ROOTS: dict[str, Callable[[Landscape, Field], Any]] = {
    "submission": Landscape._submission,  # noqa: SLF001 - our own
    "submissions": Landscape._submissions,  # noqa: SLF001 - our own
    "job": Landscape._submission,  # noqa: SLF001 - a lead job stands for its submission
}


def _selected(seen: Seen, asked: Field) -> dict[str, Any]:
    if not asked.selection:
        raise Problem(f'Field "{asked.name}" must have a selection of subfields.')
    return {each.alias: _value(seen, each) for each in asked.selection}


def _value(seen: Seen, asked: Field) -> Any:
    if asked.name == "env":
        return seen.environment.get(str(asked.arguments.get("name")))
    if asked.name not in PLAIN:
        raise Problem(f'Cannot query field "{asked.name}" on type "Submission".')
    return PLAIN[asked.name](seen)


def _moment(said: Any) -> Optional[datetime]:
    """Read ``2026-01-01T00:00:00`` (UTC) or ``now``."""
    if said is None:
        return None
    if said == "now":
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise Problem(f"{said} is no time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

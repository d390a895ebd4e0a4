"""LENS (Landscape) as a source: one GraphQL request asks about all open submissions.

It asks for all that is new of some groups, too, if it is told to: submissions that POMS doesn't
wait for, as their launch seemed to fail. Of Data Dispatcher it says nothing: LENS knows which
project jobs were told, and POMS asks that service itself.

What LENS doesn't answer, answers with an error, or answers with nulls, is not known: nothing is
said of it. The mapping is that of the agent in use, but a single cancelled job counts as well, and
a submission is over only when LENS says ``done``.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from http.client import HTTPException
from typing import Any, Optional
from urllib.parse import urlsplit
from urllib.request import Request

from poms_client.agents.source import CantSee, Look, Source
from poms_client.agents.spelling import IN_ENVIRONMENT, lead_job, project_in
from poms_client.agents.status import Jobs, status
from poms_client.api import Api, Json
from poms_client.errors import NotConfigured, PomsError
from poms_client.transport import opener_to

EVERY = 120.0
PATIENCE = 120.0  # seconds for one answer
LONGEST_GAP = 3600.0  # seconds since the last look, after which all of a group is asked for
GROUPS = {"samdev": "fermilab"}  # what an experiment is called there, where it differs
NOT_THERE = "no submission found"
MOST = 20  # problems that are told
COUNTS = ("running", "idle", "held", "failed", "completed", "cancelled")
TOLD = (*IN_ENVIRONMENT, "POMS_URL")  # of the environment of jobs
FIELDS = " ".join(
    ("id", "pomsTaskID", "done", *COUNTS, "args", *(f'{n}:env(name:"{n}")' for n in TOLD))
)


class LensSource(Source):
    """:param url: of Landscape, without ``/lens/query``.

    :param poms: says which submissions are open.
    :param groups: experiments of which all new submissions are asked for, too.
    """

    kind = "lens"

    def __init__(
        self, url: str, poms: Api, groups: Sequence[str] = (), every: float = EVERY
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise NotConfigured(f"LENS's address has to be a web address, not {url!r}")
        super().__init__(f"lens@{urlsplit(url).hostname}", every)
        self._url = url.rstrip("/")
        self._poms = poms
        self._groups = list(dict.fromkeys(GROUPS.get(group, group) for group in groups))
        self._opener = opener_to(url)

    def look(self) -> Look:
        try:
            rows = self._poms.open_submissions()
        except PomsError as error:
            raise CantSee(f"POMS doesn't say which submissions are open: {error}") from None
        open_ones = {int(row["submission_id"]): str(row["jobsub_job_id"] or "") for row in rows}
        if not open_ones and not self._groups:
            self.memory = {}
            return Look()
        not_found = open_ones.keys() & {int(number) for number in self.memory.get("not_found", [])}
        began = time.time()
        data, errors = self._ask(query(open_ones, not_found, self._groups, self._since(began)))
        of_groups = _of_groups(data, len(self._groups), self._poms.url)
        found = {number: _found(data, number) or of_groups.get(number) for number in open_ones}
        self.memory = {
            "totals": self._totals(found),
            "not_found": [number for number, entry in found.items() if entry is None],
            "looked": began,
        }
        totals = self.memory["totals"]
        seen = {**of_groups, **{number: entry for number, entry in found.items() if entry}}
        reports = [
            report(number, entry, totals.get(str(number), _jobs(entry)))
            for number, entry in seen.items()
        ]
        return Look(reports, _problems(errors))

    def _since(self, now: float) -> Optional[float]:
        """Return since when the submissions of groups are wanted; None: all of them."""
        looked: float = self.memory.get("looked", 0.0)
        return looked - 2 * self.every if looked > now - LONGEST_GAP else None

    def _totals(self, found: dict[int, Optional[Json]]) -> dict[str, int]:
        """Return the most jobs ever seen of each open submission."""
        before = self.memory.get("totals", {})
        now = {number: _jobs(entry) for number, entry in found.items() if entry}
        return {
            str(number): max(now.get(number, 0), before.get(str(number), 0)) for number in found
        }

    def _ask(self, text: str) -> tuple[Json, list[Any]]:
        """Return data and errors of one query.

        :raises CantSee: there is no such answer.
        """
        body = json.dumps({"query": text, "operationName": None}).encode()
        headers = {"Content-Type": "application/json", "Origin": self._url}
        request = Request(self._url + "/lens/query", body, headers)  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                answer = json.load(response)
        except (OSError, HTTPException, ValueError) as error:
            raise CantSee(f"LENS gave no answer: {error!r}") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
            raise CantSee(f"LENS answered without data: {json.dumps(answer)[:300]}")
        errors = answer.get("errors") or []
        return answer["data"], errors if isinstance(errors, list) else []


def query(
    open_ones: dict[int, str],
    not_found: set[int],
    groups: Sequence[str] = (),
    since: Optional[float] = None,
) -> str:
    """Return one query for all: by number, by job id for those not found by number before, and for
    what is new in some groups.
    """
    by_number = [f"s{number}:submission(pomsTaskID:{number}){{{FIELDS}}}" for number in open_ones]
    by_job = [
        f"j{number}:submission(id:{json.dumps(open_ones[number])}){{{FIELDS}}}"
        for number in sorted(not_found)
        if open_ones[number]
    ]
    at = datetime.fromtimestamp(since, timezone.utc).replace(tzinfo=None) if since else None
    window = f',from:"{at:%Y-%m-%dT%H:%M:%S}",to:"now"' if at else ""
    by_group = [
        f"g{index}:submissions(group:{json.dumps(group)}{window}){{{FIELDS}}}"
        for index, group in enumerate(groups)
    ]
    return "{" + " ".join(by_number + by_job + by_group) + "}"


def _of_groups(data: Json, groups: int, poms: str) -> dict[int, Json]:
    """Return what is said of groups, by submission; nothing of one that has several entries.

    Several POMS may have jobs there, each with its own numbers; their jobs know the address.
    """
    answers = [data.get(f"g{index}") for index in range(groups)]
    entries = [each for answer in answers if isinstance(answer, list) for each in answer]
    ours = [each for each in entries if isinstance(each, dict) and each.get("POMS_URL") == poms]
    numbers = Counter(map(_number, ours))
    return {
        number: entry
        for entry in ours
        if (number := _number(entry)) and numbers[number] == 1 and _is_whole(entry, number)
    }


def _number(entry: Json) -> int:
    """Return which submission an entry is about; 0: none."""
    said = str(entry.get("pomsTaskID"))
    return int(said) if said.isdecimal() else 0


def _jobs(entry: Json) -> int:
    return sum(entry[name] for name in COUNTS)


def _found(data: Json, number: int) -> Optional[Json]:
    """Return the answer about one submission, if it is one that can be believed."""
    for alias in (f"s{number}", f"j{number}"):
        entry = data.get(alias)
        if isinstance(entry, dict) and _is_whole(entry, number):
            return entry
    return None


def _is_whole(entry: Json, number: int) -> bool:
    counts: list[Any] = [entry.get(name) for name in COUNTS]
    about = entry.get("pomsTaskID")
    return (
        all(isinstance(count, int) and count is not True and count >= 0 for count in counts)
        and isinstance(entry.get("done"), bool)
        and (about is None or str(about) == str(number))
    )


def report(submission: int, entry: Json, total: int) -> Json:
    """Say what LENS knows of a submission.

    :param total: the most jobs it was ever seen with.
    """
    jobs = Jobs(submitted=total, **{name: entry[name] for name in COUNTS})
    environment: dict[str, Any] = {name: entry.get(name) for name in IN_ENVIRONMENT}
    project = project_in(entry.get("args"), environment)
    job_id = entry.get("id")
    return {
        "submission_id": submission,
        "status": status(jobs, over=entry["done"]) or "",
        "pct_complete": min(jobs.pct_complete, 100.0),
        "jobs": jobs.as_dict(),
        **({"jobsub_job_id": lead_job(job_id)} if isinstance(job_id, str) and job_id else {}),
        **({"project": project} if project else {}),
    }


def _problems(errors: list[Any]) -> list[str]:
    """Return the errors that people should see: that a submission isn't there is none."""
    return [f"LENS: {said[:300]}" for said in map(str, errors) if NOT_THERE not in said][:MOST]

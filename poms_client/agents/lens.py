"""LENS (Landscape) as a source: one GraphQL request asks about all open submissions.

What LENS doesn't answer, answers with an error, or answers with nulls, is not known: nothing is
said of it. The mapping is that of the agent in use, but a single cancelled job counts as well, and
a submission is over only when LENS says ``done``.
"""

from __future__ import annotations

import json
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
NOT_THERE = "no submission found"
MOST = 20  # problems that are told
COUNTS = ("running", "idle", "held", "failed", "completed", "cancelled")
FIELDS = " ".join(
    ("id", "pomsTaskID", "done", *COUNTS, "args", *(f'{n}:env(name:"{n}")' for n in IN_ENVIRONMENT))
)


class LensSource(Source):
    """:param url: of Landscape, without ``/lens/query``.

    :param poms: says which submissions are open.
    """

    kind = "lens"

    def __init__(self, url: str, poms: Api, every: float = EVERY) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise NotConfigured(f"LENS's address has to be a web address, not {url!r}")
        super().__init__(f"lens@{urlsplit(url).hostname}", every)
        self._url = url.rstrip("/")
        self._poms = poms
        self._opener = opener_to(url)

    def look(self) -> Look:
        try:
            rows = self._poms.open_submissions()
        except PomsError as error:
            raise CantSee(f"POMS doesn't say which submissions are open: {error}") from None
        open_ones = {int(row["submission_id"]): str(row["jobsub_job_id"] or "") for row in rows}
        if not open_ones:
            self.memory = {}
            return Look()
        not_found = open_ones.keys() & {int(number) for number in self.memory.get("not_found", [])}
        data, errors = self._ask(query(open_ones, not_found))
        found = {number: _found(data, number) for number in open_ones}
        self.memory = {
            "totals": self._totals(found),
            "not_found": [number for number, entry in found.items() if entry is None],
        }
        totals = self.memory["totals"]
        reports = [
            report(number, entry, totals[str(number)]) for number, entry in found.items() if entry
        ]
        return Look(reports, _problems(errors))

    def _totals(self, found: dict[int, Optional[Json]]) -> dict[str, int]:
        """Return the most jobs ever seen of each open submission."""
        before = self.memory.get("totals", {})
        now = {number: sum(entry[c] for c in COUNTS) for number, entry in found.items() if entry}
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


def query(open_ones: dict[int, str], not_found: set[int]) -> str:
    """Return one query for all: by number, and by job id for those not found by number before."""
    by_number = [f"s{number}:submission(pomsTaskID:{number}){{{FIELDS}}}" for number in open_ones]
    by_job = [
        f"j{number}:submission(id:{json.dumps(open_ones[number])}){{{FIELDS}}}"
        for number in sorted(not_found)
        if open_ones[number]
    ]
    return "{" + " ".join(by_number + by_job) + "}"


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

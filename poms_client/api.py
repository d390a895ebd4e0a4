"""POMS's REST API, typed. Errors are those of ``poms_client.errors``.

What changes nothing when it arrives twice (reports, declarations, done, failed; the next file, a
launch and a registration, as each request for one has a name) is repeated after a lost answer; what
would take something twice (leave, control of jobs) is not, unless POMS never looked at it (429,
unreachable).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote, unquote, urlencode, urlsplit

from poms_client import config
from poms_client.errors import Refused, Unclear
from poms_client.forms import Form
from poms_client.transport import Answer, Transport

Json = dict[str, Any]


@dataclass(frozen=True)
class Leave:
    """Leave to submit once.

    :param seconds: how long it holds, by the server's own clock, counted from when it was asked.
    """

    attempt: int
    seconds: float


@dataclass(frozen=True)
class File:
    """A file of a project: ``locations`` are URLs, ``size`` is in bytes."""

    name: str
    locations: tuple[str, ...] = ()
    metadata: Json = field(default_factory=dict)
    size: Optional[int] = None

    @property
    def path(self) -> str:
        """The file's path on this machine, or a URL when it has no copy here."""
        local = [urlsplit(url) for url in self.locations if url.startswith("file:")]
        paths = [unquote(url.path) for url in local]
        there = [path for path in paths if Path(path).exists()]
        return next(iter(there + paths + list(self.locations)), self.name)


@dataclass(frozen=True)
class Project:
    """How far a project is, in files."""

    name: str
    dataset: str
    files: int
    initial: int
    reserved: int
    done: int
    failed: int


JOBS_PATIENCE = 600.0  # seconds
CONTROLLING = 120.0  # seconds; POMS stops after 45, or when the batch system is asked no more


class Api:
    """One POMS, with one token."""

    def __init__(
        self,
        url: str,
        token: Optional[str] = None,
        patience: Optional[float] = None,
        timeout: float = 10.0,
    ) -> None:
        patience = config.patience() if patience is None else patience
        self.url = url.rstrip("/")
        self.transport = Transport(self.url + "/api/v1", token, timeout, patience)

    @classmethod
    def for_person(cls, patience: Optional[float] = None, timeout: float = 10.0) -> Api:
        return cls(config.text("POMS_URL"), config.person_token(), patience, timeout)

    @classmethod
    def for_control(cls) -> Api:
        """POMS takes its time for the jobs of a campaign, and says so in the end."""
        return cls.for_person(timeout=CONTROLLING)

    @classmethod
    def for_launch(cls) -> Api:
        return cls(config.text("POMS_URL"), config.job_token())

    @classmethod
    def for_job(cls) -> Api:
        """A job outlasts a restart of POMS: what it has made would be lost otherwise."""
        patience = config.patience(JOBS_PATIENCE)
        return cls(config.text("POMS_URL"), config.job_token(), patience)

    # --- launching ---

    def ask_leave(self, submission_id: int, token: str) -> Leave:
        """Take leave for one attempt to submit; ``Refused`` (409) when it was taken already."""
        answer = self.transport.ask(
            "POST", f"/submissions/{submission_id}/leave/", {"token": token}
        )
        return _leave(answer)

    def report(self, reports: Sequence[Json]) -> list[Json]:
        """Tell what became of submissions; return the outcome of each."""
        outcomes = self._post("/reports/", list(reports), repeatable=True)
        if not isinstance(outcomes, list):
            raise Unclear("POMS answered a list of reports with something else")
        return outcomes

    def register(
        self, stage: str, command: str, experiment: Optional[str], campaign: Optional[str]
    ) -> int:
        """Register a submission made outside POMS, by its stage's id or names; return its id."""
        if stage.isdecimal():
            named: Json = {"stage_id": int(stage)}
        else:
            named = {"experiment": experiment, "campaign": campaign, "stage": stage}
        body = {**named, "command_executed": command}
        return int(_member(self._make("/submissions/", body, new_key()), "submission_id"))

    # --- agents ---

    def open_submissions(self) -> list[Json]:
        """Return what a batch system may have news of: ``{"submission_id", "jobsub_job_id"}``."""
        return list(_member(self.get("agents/awaited/"), "submissions"))

    def beat(self, health: Json) -> None:
        """Say that an agent is there, and how it fares."""
        self._post("/agents/", health)

    # --- files ---

    def declare(self, files: Sequence[Json]) -> list[Json]:
        """Declare files; return ``{"name", "outcome": "declared|unchanged"}`` of each."""
        outcomes = self._post("/files/", list(files), repeatable=True)
        if not isinstance(outcomes, list):
            raise Unclear("POMS answered a declaration with something else than its outcomes")
        return outcomes

    def project(self, name: str) -> Project:
        found = self._get(f"/projects/{_word(name)}/")
        counts = {key: int(_member(found, key)) for key in COUNTS}
        return Project(name=name, dataset=str(_member(found, "dataset")), **counts)

    def next_file(self, project: str, worker: str) -> Optional[File]:
        """Reserve the project's next file for ``worker``; None when no file is left."""
        path = f"/projects/{_word(project)}/next/"
        asked = {"worker": worker, "request": new_key()}
        answer = self.transport.ask("POST", path, asked, repeatable=True)
        if answer.status == 204:
            return None
        found = _member(answer.content, "file")
        return File(
            name=str(_member(found, "name")),
            locations=tuple(found.get("locations") or ()),
            metadata=found.get("metadata") or {},
            size=found.get("size"),
        )

    def file_done(self, project: str, file: str, worker: str) -> None:
        body = {"file": file, "worker": worker}
        self._post(f"/projects/{_word(project)}/done/", body, repeatable=True)

    def file_failed(self, project: str, file: str, worker: str, retry: bool, why: str) -> None:
        body = {"file": file, "worker": worker, "retry": retry, "why": why}
        self._post(f"/projects/{_word(project)}/failed/", body, repeatable=True)

    # --- people ---

    def get(self, resource: str, **query: Any) -> Any:
        """Return one resource, such as ``submissions/12/decisions/``."""
        return self._get(_asked(f"/{resource}", query))

    def each(self, resource: str, limit: int = 1000, **query: Any) -> Iterator[Json]:
        """Yield up to ``limit`` rows of a list, page by page."""
        page = self.get(resource, **query)
        while True:
            rows = _member(page, "results")
            yield from rows[:limit]
            limit -= len(rows)
            following = page.get("next")
            if not following or limit <= 0:
                return
            page = self._get(f"/{resource}?{urlsplit(following).query}")

    def launch(self, stage: int, test: bool = False) -> Json:
        """Return ``{"submission_id", "detail"?}``; the detail says why it waits, where it does."""
        try:
            launched = self._make("/launches/", {"stage": stage, "test": test}, new_key())
        except Refused as refused:
            if refused.status != QUEUED:
                raise
            launched = refused.content
        return launched if isinstance(launched, dict) else {}

    def control(self, act: str, **target: int) -> Iterator[Json]:
        """Do ``act`` (kill, cancel, hold, release) to the jobs of a submission, stage or campaign.

        :param target: one of ``submission``, ``stage`` and ``campaign``, with its number.
        :yields: ``{"done": [int], "refused": [{"submission", "why"}], "left": int}``; where POMS
            didn't reach all in one request, the next is about those that were left.
        """
        reached = 0
        while True:
            after = {"after": reached} if reached else {}
            outcome = self._make("/controls/", {"act": act, **target, **after})
            done, refused, left = (_member(outcome, key) for key in ("done", "refused", "left"))
            yield dict(outcome)
            last = max([*done, *(each["submission"] for each in refused)], default=0)
            if not left or last <= reached:
                return
            reached = last

    def upload(self, files: Sequence[tuple[str, bytes]], **whose: Optional[str]) -> None:
        """Keep files in POMS: all of them or none. ``whose``: an experiment, an owner."""
        form = Form({key: value for key, value in whose.items() if value}, files)
        self.transport.ask("POST", "/uploads/", form, repeatable=True)

    def download(self, name: str, **whose: Optional[str]) -> bytes:
        path = _asked(f"/uploads/{_word(name)}/", whose)
        content: bytes = self.transport.ask("GET", path, repeatable=True, raw=True).content
        return content

    def remove_upload(self, name: str, **whose: Optional[str]) -> None:
        self.transport.ask("DELETE", _asked(f"/uploads/{_word(name)}/", whose))

    def _get(self, path: str) -> Any:
        return self.transport.ask("GET", path, repeatable=True).content

    def _post(self, path: str, body: Any, repeatable: bool = False) -> Any:
        return self.transport.ask("POST", path, body, repeatable).content

    def _make(self, path: str, body: Any, key: str = "") -> Any:
        """Have POMS do once what twice would be two of; without a ``key``, ask once."""
        try:
            return self.transport.ask("POST", path, body, key=key).content
        except Unclear as unclear:
            if not unclear.reached or unclear.says_all:
                raise
            look = "it may have been done: look with poms submissions before you ask again"
            raise Unclear(f"{unclear}; {look}") from None


QUEUED = 423  # under a hold: the launch is made, and goes on when the hold is lifted
COUNTS = ("files", "initial", "reserved", "done", "failed")


def new_key() -> str:
    """Return a name for one request that must have its effect once."""
    return uuid.uuid4().hex


def _leave(answer: Answer) -> Leave:
    """Read the deadline against the server's ``Date``, so that clocks need not agree.

    ``Date`` has whole seconds; the one that may be lost is taken off.
    """
    try:
        deadline = datetime.fromisoformat(answer.content["deadline"].replace("Z", "+00:00"))
        attempt = int(answer.content["attempt"])
        said_at = parsedate_to_datetime(answer.headers["Date"])
        return Leave(attempt, (deadline - said_at).total_seconds() - 1.0)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Unclear(f"POMS gave leave in a form that can't be read: {error!r}") from None


def _member(content: Any, key: str) -> Any:
    if not isinstance(content, dict) or key not in content:
        raise Unclear(f"POMS answered without {key!r}: {str(content)[:200]}")
    return content[key]


def _asked(path: str, query: Mapping[str, Any]) -> str:
    asked = {key: value for key, value in query.items() if value is not None}
    return path + (f"?{urlencode(asked)}" if asked else "")


def _word(name: str) -> str:
    return quote(name, safe="")

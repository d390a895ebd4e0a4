"""What jobs do on SAM: start a project, take its files one by one, declare what they made.

::

    sam = Sam(os.environ["SAM_WEB_BASE_URL"])
    process = sam.start_project("p", dataset="raw").establish_process("reco", "v1")
    while (url := process.next_file()) is not None:
        process.tell(url, "consumed")
    process.end()

Real jobs use SAM's own clients (ifdh, samweb), which no package registry has.

``python -m poms_client.testing.samjob start|end`` starts or ends the project of the environment,
``SAM_PROJECT`` over ``SAM_DATASET``.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

TIMEOUT = 30.0
RESTART_SECONDS = 120.0
PAUSE = 0.5
MOST_WAITS = 600
CONFLICT = 409


class SamRefused(Exception):
    """SAM didn't do what it was asked; ``status`` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"SAM says {status}: {message}")
        self.status = status


class Reply(NamedTuple):
    status: int
    text: str
    headers: Mapping[str, str]


def ask(method: str, url: str, body: Optional[bytes] = None, form: str = "") -> Reply:
    """Ask until somebody answers: a server that is restarted is waited for.

    A file whose answer is lost on the way stays delivered, for a recovery to find.

    :raises SamRefused: when the answer is an error. :raises OSError: when there is none for long.
    """
    deadline = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return _ask(method, url, body, form)
        time.sleep(PAUSE)
    return _ask(method, url, body, form)


def _ask(method: str, url: str, body: Optional[bytes], form: str) -> Reply:
    headers = {"Content-Type": form} if form else {}
    request = Request(url, data=body, method=method, headers=headers)  # noqa: S310 - as configured
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Reply(answer.status, answer.read().decode(), answer.headers)
    except HTTPError as error:
        with error:
            raise SamRefused(error.code, error.read().decode(errors="replace")) from None


def post(url: str, **said: Any) -> Reply:
    given = {name: value for name, value in said.items() if value is not None}
    return ask("POST", url, urlencode(given).encode(), "application/x-www-form-urlencoded")


class Process:
    """One job's part in a project."""

    def __init__(self, url: str) -> None:
        self.url = url

    def next_file(self) -> Optional[str]:
        """Return where the next file is; None when no more come. Waits as long as SAM says to."""
        for _ in range(MOST_WAITS):
            reply = post(f"{self.url}/getNextFile")
            if reply.status != 202:
                return reply.text.strip() or None
            time.sleep(float(reply.headers.get("Retry-After") or 1))
        return None

    def tell(self, file: str, status: str) -> None:
        """Say of a file (its URL or name) that it is ``consumed`` or ``skipped``."""
        post(f"{self.url}/updateFileStatus", filename=file, status=status)

    def end(self) -> None:
        post(f"{self.url}/endProcess")


class Project:
    def __init__(self, url: str) -> None:
        self.url = url

    def establish_process(
        self, application: str, version: str, *, files: Optional[int] = None, node: str = ""
    ) -> Process:
        """Take part in the project; ``files`` bounds how many this process is given."""
        reply = post(
            f"{self.url}/establishProcess",
            appname=application,
            appversion=version,
            filelimit=files,
            node=node,
        )
        return Process(f"{self.url}/process/{reply.text.strip()}")

    def end(self) -> None:
        post(f"{self.url}/endProject", force=1)


class Sam:
    """:param url: of the experiment, ``…/sam/<experiment>/api``."""

    def __init__(self, url: str) -> None:
        self.url = url

    def start_project(self, name: str, dataset: str) -> Project:
        """Start a project over a definition; one of this name is taken as it is."""
        try:
            return Project(post(f"{self.url}/startProject", name=name, defname=dataset).text)
        except SamRefused as refused:
            if refused.status != CONFLICT:
                raise
            return self.find_project(name)

    def find_project(self, name: str) -> Project:
        return Project(ask("GET", f"{self.url}/findProject?{urlencode({'name': name})}").text)

    def files_of_project(self, name: str) -> int:
        """Return how many files a project is over."""
        path = f"{self.url}/projects/name/{quote(name)}/summary?process_limit=0"
        return int(json.loads(ask("GET", path).text)["files_in_snapshot"])

    def define(self, name: str, dims: str) -> None:
        """Define a dataset, unless there is one of this name."""
        try:
            post(f"{self.url}/definitions/create", defname=name, dims=dims)
        except SamRefused as refused:
            if refused.status != CONFLICT:
                raise

    def declare(self, metadata: Mapping[str, Any], location: str) -> None:
        """Declare a file and say in which folder it is; one that is declared is only located."""
        body = json.dumps(metadata).encode()
        try:
            ask("POST", f"{self.url}/files", body, "application/json")
        except SamRefused as refused:
            if refused.status != CONFLICT:
                raise
        post(f"{self.url}/files/name/{quote(metadata['file_name'])}/locations", add=location)


def main(verb: str) -> None:
    sam, name = Sam(os.environ["SAM_WEB_BASE_URL"]), os.environ["SAM_PROJECT"]
    if verb == "start":
        sam.start_project(name, os.environ["SAM_DATASET"])
    else:
        sam.find_project(name).end()


if __name__ == "__main__":
    main(sys.argv[1])

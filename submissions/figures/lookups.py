"""What a person asks the data handler about a submission's files, at a click: live, and bounded.

What several questions of one click need is asked for once. Everything here may raise Unknown, and
QueryError for what isn't there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from campaigns.dataservices import handler_of_launch
from datahandling.base import DataHandler, NoSuchName, ProjectSummary
from datahandling.caching import looking
from datahandling.handles import HandlePage
from datahandling.patience import waiting_at_most
from datahandling.query import Located
from submissions.figures import Asked, Figure, figures_for
from submissions.models import Submission

AT_MOST = timedelta(seconds=15)  # for all that a click asks
MOST_PIECES = 15  # parts of long lists that a click asks for: MetaCat takes a second for each
OTHERWISE = (
    "The figures are asked for in the background and stand on the submission's page; "
    "ask the data service itself for the list."
)
PAGE = 100
MOST_PAGES = 10_000
MOST_NAMES = 200
STATES = ("failed", "reserved", "initial", "done")  # what needs a person comes first


@dataclass(frozen=True)
class Part:
    """A page of a long list, numbered from 1."""

    number: int

    @classmethod
    def read(cls, text: str) -> "Part":
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        return cls(min(max(number, 1), MOST_PAGES))

    @property
    def start(self) -> int:
        """How many come before it."""
        return (self.number - 1) * PAGE

    @property
    def stop(self) -> int:
        return self.number * PAGE

    def next_of(self, total: int) -> int | None:
        """The number of the next page, if there is one."""
        return self.number + 1 if total > self.stop else None


@dataclass(frozen=True)
class FileList:
    """Some of the files behind a figure; ``text`` is the question in the service's language."""

    names: list[str]
    total: int
    text: str


@dataclass(frozen=True)
class FileNames:
    """The first ``MOST_NAMES`` inputs as (name, state) and outputs as (name, has a location)."""

    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, bool]]


@dataclass(frozen=True)
class ProjectLook:
    summary: ProjectSummary
    handles: HandlePage
    facts: dict[str, str]
    may_restart: bool


@contextmanager
def at_a_click() -> Iterator[None]:
    """Share answers in here, and wait for all of them together as long as a person does."""
    with looking(), waiting_at_most(AT_MOST, MOST_PIECES, OTHERWISE):
        yield


def handler_of(submission: Submission) -> DataHandler:
    return handler_of_launch(submission.snapshot.content)


def figure_of(submission: Submission, key: str) -> Figure | None:
    """Return the figure of that key; None where this submission has no list behind it."""
    return next((f for f in figures_for(submission) if f.key == key and f.files), None)


@at_a_click()
def list_files(submission: Submission, figure: Figure, part: Part) -> FileList:
    """Ask for a part of the files behind a figure, and how many there are in all."""
    asked = Asked.about(submission)
    assert figure.files is not None
    query = figure.files(asked)
    names = asked.handler.files(query[part.start : part.stop])
    is_all = part.number == 1 and len(names) < PAGE
    total = len(names) if is_all else asked.handler.count(query)
    return FileList(names, total, asked.handler.text(query))


@at_a_click()
def name_files(submission: Submission) -> FileNames:
    """Ask for the names of what it was given and of what it made."""
    asked = Asked.about(submission)
    handler, project = asked.handler, submission.project
    inputs: list[tuple[str, str]] = []
    for state in STATES if project else ():
        handles = handler.handles(project, state, stop=MOST_NAMES - len(inputs))
        inputs += [(handle.file, state) for handle in handles.rows]
    located = set(handler.files(asked.output & Located(), limit=MOST_NAMES))
    outputs = handler.files(asked.output, limit=MOST_NAMES)
    return FileNames(inputs, [(name, name in located) for name in outputs])


@at_a_click()
def look_at_project(submission: Submission, state: str | None, part: Part) -> ProjectLook:
    """Ask how far a submission's project is, and for a part of its handles in that state."""
    handler = handler_of(submission)
    summary = handler.project(submission.project) if submission.project else None
    if summary is None:
        raise NoSuchName(f"there is no project {submission.project} of this submission")
    handles = handler.handles(submission.project, state, start=part.start, stop=part.stop)
    facts = handler.project_facts(submission.project)
    return ProjectLook(summary, handles, facts, handler.restarts_handles)


@at_a_click()
def find_page_of(submission: Submission, name: str) -> str | None:
    """Ask for the address of the service's own page about a file; None where there is none."""
    address = handler_of(submission).file_page(name)
    if address is None or urlsplit(address).scheme not in ("http", "https"):
        return None
    return address


@at_a_click()
def look_at_file(submission: Submission, name: str) -> dict[str, Any]:
    """Ask for what is known of a file; NoSuchName if there is none."""
    return handler_of(submission).metadata(name)

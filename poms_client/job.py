"""What a job in Python says to POMS.

::

    from poms_client import job

    for file in job.files():
        with file:                      # done at the end of the block, failed if it raises
            made = job.output("histogram.json")
            made.write_text(summarise(file.path))
            job.declare(made, parents=[file.name], datasets=["reco"])

Without the ``with``, a file is done when the loop asks for the next one, and failed when the loop
is left early. A job that is killed says nothing: its file stays reserved, for a recovery to find.

A job that makes one thing of all its files has them done together, once that is declared::

    with job.all_files() as files:
        made = job.output("merged.root")
        merge([file.path for file in files], made)
        job.declare(made, parents=[file.name for file in files])
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Optional, Union

from poms_client import config
from poms_client.api import Api, File, Json

CHUNK = 1 << 20


class JobFile:
    """One file given to this job; it is told once how that went."""

    def __init__(self, file: File, project: str, api: Api) -> None:
        self.name = file.name
        self.path = file.path
        self.metadata = file.metadata
        self.size = file.size
        self._project = project
        self._api = api
        self._told = False

    def done(self) -> None:
        if not self._told:
            self._api.file_done(self._project, self.name, worker())
            self._told = True

    def failed(self, why: str, retry: bool = False) -> None:
        """Say that the file can't be processed; ``retry`` gives it to another job."""
        if not self._told:
            self._api.file_failed(self._project, self.name, worker(), retry, why)
            self._told = True

    def __enter__(self) -> JobFile:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if error is None:
            self.done()
        else:
            self.failed(f"{type(error).__name__}: {error}")


def files(project: Optional[str] = None, api: Optional[Api] = None) -> Iterator[JobFile]:
    """Yield the project's files one by one, until none is left."""
    for file in _taken(project, api):
        try:
            yield file
        except GeneratorExit:
            file.failed("the job left its loop")
            raise
        file.done()


@contextmanager
def all_files(project: Optional[str] = None, api: Optional[Api] = None) -> Iterator[list[JobFile]]:
    """Take all files that the project has left: done when the block ends, failed if it raises."""
    with ExitStack() as open_files:
        yield [open_files.enter_context(file) for file in _taken(project, api)]


def _taken(project: Optional[str], api: Optional[Api]) -> Iterator[JobFile]:
    project = project or config.text("POMS_PROJECT")
    api = api or Api.for_job()
    while (given := api.next_file(project, worker())) is not None:
        yield JobFile(given, project, api)


def declare(
    *paths: Union[str, Path],
    parents: Sequence[str] = (),
    datasets: Sequence[str] = (),
    metadata: Optional[Json] = None,
    api: Optional[Api] = None,
) -> list[Json]:
    """Declare files that this job made, with their size and checksum as they are on disk.

    Who made them (submission, stage, version) POMS knows by the job's token.
    """
    api = api or Api.for_job()
    return api.declare([_description(Path(p), parents, datasets, metadata or {}) for p in paths])


def _description(
    path: Path, parents: Sequence[str], datasets: Sequence[str], metadata: Json
) -> dict[str, Any]:
    path = path.absolute()
    size, digest = _measure(path)
    described: dict[str, Any] = {
        "name": path.name,
        "size": size,
        "checksum": f"sha256:{digest}",
        "metadata": metadata,
        "locations": [path.as_uri()],
        "parents": list(parents),
    }
    return {**described, "datasets": list(datasets)} if datasets else described


def _measure(path: Path) -> tuple[int, str]:
    """Return the file's size in bytes and its SHA-256, of the same bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def output(name: str) -> Path:
    """Return where the submission's output of this name belongs; its folder exists."""
    folder = Path(os.environ.get("POMS_OUTPUT_DIR") or Path.cwd())
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def index() -> int:
    """Return this job's number in its cluster, from 0."""
    return int(os.environ.get("POMS_JOB_INDEX") or os.environ.get("PROCESS") or "0")


def worker() -> str:
    """Return the name under which this job takes files."""
    return os.environ.get("JOBSUBJOBID") or f"{os.environ.get('USER', '?')}@{socket.gethostname()}"

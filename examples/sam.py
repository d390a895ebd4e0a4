"""What launches and jobs say to SAM.

The same functions as ``poms_client.job`` has for the catalogue of POMS. On SAM, POMS makes no
project: a launch starts one over its dataset and says which, as options of ``poms submit``::

    options=$(python3 -m examples.sam files) && poms submit $options -- COMMAND
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from poms_client import job
from poms_client.testing.samjob import Process, Sam

# What SAM has names of its own for; the rest goes into a category of the experiment.
NAMES = {"data_tier": "data_tier", "events": "event_count"}
MADE_BY = "demo.submission"


class SamFile:
    """One file given to this job; it is told once how that went."""

    def __init__(self, url: str, process: Process) -> None:
        self.path = unquote(urlsplit(url).path)
        self.name = Path(self.path).name
        self._process = process

    def __enter__(self) -> SamFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.tell(self.name, "consumed" if error is None else "skipped")


def files() -> Iterator[SamFile]:
    """Yield the project's files one by one, until SAM has no more."""
    with _process() as process:
        yield from _given(process)


@contextmanager
def all_files() -> Iterator[list[SamFile]]:
    """Take all files that are left: consumed when the block ends, skipped if it raises."""
    with _process() as process, ExitStack() as open_files:
        yield [open_files.enter_context(file) for file in _given(process)]


def _given(process: Process) -> Iterator[SamFile]:
    while (url := process.next_file()) is not None:
        yield SamFile(url, process)


@contextmanager
def _process() -> Iterator[Process]:
    """Take part in the submission's project; a job that is killed never leaves it."""
    project = sam().find_project(os.environ["POMS_PROJECT"])
    process = project.establish_process(
        os.environ["POMS4_CAMPAIGN_STAGE_NAME"], os.environ["SOFTWARE_VERSION"], node=job.worker()
    )
    try:
        yield process
    finally:
        process.end()


def declare(
    path: Path, *, parents: Sequence[str] = (), metadata: dict[str, Any] | None = None
) -> None:
    """Declare a file that this job made, and say where it is."""
    original = os.environ["POMS_PARENT_TASK_ID"] or os.environ["POMS4_SUBMISSION_ID"]
    described = {
        "file_name": path.name,
        "file_size": path.stat().st_size,
        "application": {"name": "demo", "version": os.environ["SOFTWARE_VERSION"]},
        "parents": list(parents),
        MADE_BY: original,
        **{NAMES.get(name, f"demo.{name}"): value for name, value in (metadata or {}).items()},
    }
    sam().declare(described, path.absolute().parent.as_uri())
    if not parents:
        # It can't be found by lineage: POMS asks for the dataset that it names after the
        # submission and the edge, and our stages have one edge.
        sam().define(f"poms_depends_{original}_1", f"{MADE_BY} {original}")


def start_project(jobs: str) -> str:
    """Start the project of this launch; return what ``poms submit`` is told of it.

    ``jobs`` is how many are wanted; ``files``: as many as the project has. Without a dataset there
    is no project.
    """
    dataset = os.environ["POMS_DATASET"]
    if not dataset:
        return f"-N {jobs}"
    name = f"{dataset}_{os.environ['POMS4_SUBMISSION_ID']}_{os.environ['POMS_ATTEMPT']}"
    sam().start_project(name, dataset)
    number = sam().files_of_project(name) if jobs == "files" else jobs
    return f"--project {name} -N {number}"


def sam() -> Sam:
    return Sam(os.environ["SAM_WEB_BASE_URL"])


if __name__ == "__main__":
    print(start_project(sys.argv[1]))

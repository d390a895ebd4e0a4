"""Files that a submission's jobs left in its output folder: found there, and nowhere else.

Who writes there runs programs of an experiment's, so nothing in it is trusted: no link is followed,
only ordinary files are opened.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from submissions.launching.places import output_folder

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
MOST = 500


class NoSuchOutput(Exception):
    """There is no ordinary file of this name in the output folder."""


@dataclass(frozen=True)
class Output:
    """A file by its path within the output folder; ``size`` in bytes."""

    name: str
    size: int


def find_outputs(submission_id: int, most: int = MOST) -> list[Output]:
    """Return the first ``most`` files, by name."""
    found: list[Output] = []
    root = output_folder(submission_id)
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = PurePosixPath(folder, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and str(path).isprintable():
                found.append(Output(str(path.relative_to(root)), status.st_size))
            if len(found) == most:
                return found
    return found


def open_output(submission_id: int, name: str) -> BinaryIO:
    """Open one of them for reading.

    Raises:
        NoSuchOutput: no such file, or something that isn't one, or a way out of the folder.
    """
    root = output_folder(submission_id)
    steps = [str(submission_id), *name.split("/")]
    if any(step in ("", ".", "..") or "\0" in step for step in steps):
        raise NoSuchOutput(name)
    try:
        with _folder(str(root.parent), steps[:-1]) as folder:
            file = os.open(steps[-1], FILE, dir_fd=folder)
    except OSError as error:
        raise NoSuchOutput(name) from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NoSuchOutput(name)
    return os.fdopen(file, "rb")


@contextmanager
def _folder(start: str, steps: list[str]) -> Iterator[int]:
    """Go down from ``start``, folder by folder, so that none can be swapped for a link."""
    folder = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps:
            below = os.open(step, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)

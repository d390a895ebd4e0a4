"""The owner's files at a launch: an analyst's stage finds them in a private folder, ``$UPLOADS``.

The folder is made for one attempt and removed when its script has ended. Whose files they are goes
by whose the stage is, not by who launches it: its programs are the owner's too.
"""

import secrets
import shlex
from base64 import encodebytes
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

from campaigns.roles import OwnerRole
from submissions.launching.places import is_remote
from submissions.models import LaunchAttempt, Submission
from submissions.shelves import Kept, Shelf

FOLDER = "uploads"  # within the folder of an attempt
NAME = "sandbox"  # the file of an attempt that says what the folder is called over ssh


@dataclass(frozen=True)
class Sandbox:
    """What goes into the folder. Over ssh its name can't be guessed: analysts share an account."""

    files: tuple[Kept, ...]
    name: str = field(default_factory=lambda: secrets.token_hex(16))

    def described(self) -> list[dict[str, Any]]:
        return [
            {"name": file.name, "size": len(file.content), "sha256": file.sha256}
            for file in self.files
        ]


def fill(submission: Submission) -> Sandbox | None:
    """Return what a launch finds in its sandbox; None for a launch of the production team's.

    Raises:
        Damaged: one of the files isn't what was uploaded.
    """
    if not is_analysts(submission):
        return None
    return Sandbox(Shelf(submission.experiment, submission.stage.creator).read_all())


def place_of(submission: Submission, attempt: LaunchAttempt | None, sandbox: Sandbox | None) -> str:
    """Return, as a quoted word, what ``UPLOADS`` is: the sandbox, or without one the home."""
    if attempt is None and is_analysts(submission):
        return shlex.quote("(a private folder of each launch)")
    if sandbox is None or attempt is None:
        return '"$HOME"'
    if is_remote(submission):
        return f'"$HOME/.poms/sandboxes/{sandbox.name}"'
    return shlex.quote(str(attempt.folder / FOLDER))


def write(attempt: LaunchAttempt, sandbox: Sandbox | None) -> None:
    """Put the files into the attempt's folder, 0600, and note with the attempt which they are."""
    if sandbox is None:
        return
    folder = attempt.folder / FOLDER
    folder.mkdir(mode=0o700)
    for file in sandbox.files:
        path = folder / file.name
        path.touch(mode=0o600)
        path.write_bytes(file.content)
    (attempt.folder / NAME).write_text(sandbox.name)
    attempt.uploads = sandbox.described()
    attempt.save(update_fields=["uploads"])


def packed(folder: Path) -> dict[str, Any]:
    """Return the sandbox in an attempt's folder, for a template that writes it elsewhere.

    ``files`` has, by quoted names, what is in them in base64; ``sandbox`` is empty without one.
    """
    files = sorted((folder / FOLDER).glob("*"))
    contents = {
        shlex.quote(path.name): encodebytes(path.read_bytes()).decode().rstrip() for path in files
    }
    return {"sandbox": name_in(folder), "files": contents}


def name_in(folder: Path) -> str:
    """Return what an attempt's sandbox is called over ssh; empty where it has none."""
    try:
        return (folder / NAME).read_text()
    except FileNotFoundError:
        return ""


def discard(folder: Path) -> None:
    """Remove the sandbox of an attempt that was killed before it could do so itself."""
    rmtree(folder / FOLDER, ignore_errors=True)


def is_analysts(submission: Submission) -> bool:
    """Tell whether an analyst owns what is launched, and wrote the programs of it."""
    return bool(submission.stage.creator_role == OwnerRole.ANALYSIS)

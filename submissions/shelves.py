"""The files that people keep in POMS: a shelf for each person in each experiment (DOMAIN 8.16).

Rows say which files there are; what is in them lies under ``POMS_DATA_DIR/uploads``, named by its
digest. A file is there when its row is: what a crash leaves on disk is never seen, and goes with
the next change of that shelf.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Experiment, Experimenter
from submissions.models import UploadedFile

QUOTA = 10 * 2**20  # bytes
MOST = 100  # files
LONGEST = 200  # bytes of a name
FIRST = re.compile(r"\w")
DIGEST = re.compile(r"[0-9a-f]{64}")
UNFINISHED = "new-"
ABANDONED = 24 * 3600.0  # seconds after which nobody writes a file any more


class CannotKeep(Exception):
    """A file that isn't taken; the text says why."""


class NoSuchFile(Exception):
    """There is no file of this name on the shelf."""


class Damaged(Exception):
    """What is on disk isn't what was uploaded; the text says what to do."""


@dataclass(frozen=True)
class Sent:
    """A file that somebody sends: its content comes in pieces."""

    name: str
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Written:
    """A file that is on disk, and not on the shelf yet."""

    name: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Kept:
    """A file of the shelf with what is in it."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True)
class Shelf:
    experiment: Experiment
    owner: Experimenter

    @property
    def folder(self) -> Path:
        return Path(settings.DATA_DIR) / "uploads" / f"{self.experiment.pk}" / f"{self.owner.pk}"

    def files(self) -> QuerySet[UploadedFile]:
        rows = UploadedFile.objects.filter(experiment=self.experiment, owner=self.owner)
        return rows.order_by("name")

    def path_of(self, name: str) -> Path:
        """Return where the content of a file is. Raises NoSuchFile."""
        found = self.files().filter(name=name).first()
        if found is None:
            raise NoSuchFile(f"{self.owner} has uploaded no {name!r} in {self.experiment}")
        return self.folder / found.sha256

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises NoSuchFile."""
        with self._locked():
            try:
                return self.path_of(name).open("rb")
            except FileNotFoundError:
                raise NoSuchFile(f"{name!r} isn't on disk any more: upload it again") from None

    def keep(self, sent: Sequence[Sent]) -> list[UploadedFile]:
        """Keep files, in place of those of the same names: all of them, or none.

        Raises:
            CannotKeep: a name that is none or comes twice, or more than there is room for.
        """
        for each in sent:
            check_name(each.name)
        check_no_two([each.name for each in sent])
        _make_private(self.folder)
        written: list[Written] = []
        try:
            for each in sent:
                written.append(self._write(each, QUOTA - sum(one.size for one in written)))
            with self._locked():
                kept = self._shelve(written)
        finally:
            for one in written:
                one.path.unlink(missing_ok=True)
        self._tidy()
        return kept

    def remove(self, names: Iterable[str]) -> int:
        """Remove files; return how many there were. One that isn't there is no mistake."""
        with self._locked():
            removed, _ = self.files().filter(name__in=list(names)).delete()
        self._tidy()
        return removed

    def read_all(self) -> tuple[Kept, ...]:
        """Return every file with its content. Raises Damaged."""
        with self._locked():
            return tuple(self._read(row) for row in self.files())

    def _read(self, row: UploadedFile) -> Kept:
        try:
            content = (self.folder / row.sha256).read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != row.sha256:
            raise Damaged(f"{row.name} of {self.owner} is damaged: upload it again, or delete it")
        return Kept(row.name, content, row.sha256)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep everybody else off the owner's shelves, in one transaction."""
        with transaction.atomic():
            Experimenter.objects.select_for_update(no_key=True).get(pk=self.owner.pk)
            yield

    def _write(self, sent: Sent, room: int) -> Written:
        """Write a file beside those that are kept, safe from a power cut."""
        number, name = mkstemp(prefix=UNFINISHED, dir=self.folder)  # 0600
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(number, "wb") as file:
                for piece in _at_most(room, sent):
                    size += len(piece)
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(name).unlink()
            raise
        return Written(sent.name, Path(name), size, digest.hexdigest())

    def _shelve(self, written: Sequence[Written]) -> list[UploadedFile]:
        self._require_room({one.name: one.size for one in written})
        for one in written:
            one.path.replace(self.folder / one.sha256)
        _sync(self.folder)
        return [
            UploadedFile.objects.update_or_create(
                experiment=self.experiment,
                owner=self.owner,
                name=one.name,
                defaults={"size": one.size, "sha256": one.sha256, "uploaded_at": timezone.now()},
            )[0]
            for one in written
        ]

    def _require_room(self, new: dict[str, int]) -> None:
        sizes = {**dict(self.files().values_list("name", "size")), **new}
        if len(sizes) > MOST:
            raise CannotKeep(f"a person keeps at most {MOST} files: delete some first")
        if sum(sizes.values()) > QUOTA:
            makes = f"that makes {sum(sizes.values()):,} bytes"
            raise CannotKeep(f"{makes}, and a person keeps at most {QUOTA:,}: delete some first")

    def _tidy(self) -> None:
        """Remove from disk what no row names, and what was abandoned half written."""
        with self._locked():
            named = set(self.files().values_list("sha256", flat=True))
            for path in self.folder.glob("*"):
                if DIGEST.fullmatch(path.name) and path.name not in named:
                    path.unlink()
                elif path.name.startswith(UNFINISHED) and _age(path) > ABANDONED:
                    path.unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Refuse a name that isn't one of a plain file.

    It begins with a letter, a digit or an underscore, so that it is no option, nothing hidden and
    nothing above.

    Raises:
        CannotKeep: it isn't such a name.
    """
    if not name.isprintable() or {"/", "\\"} & set(name) or not FIRST.match(name):
        rule = "it begins with a letter, a digit or _, and has no slash and no control characters"
        raise CannotKeep(f"{name!r} can't be the name of a file here: {rule}")
    if len(name.encode()) > LONGEST:
        raise CannotKeep(f"{name[:20]}…: a name has at most {LONGEST} bytes")


def check_no_two(names: Sequence[str]) -> None:
    """Refuse files of the same name: only one of them could be kept. Raises CannotKeep."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CannotKeep(f"two of the files have the same name: {', '.join(twice)}")


def _at_most(room: int, sent: Sent) -> Iterator[bytes]:
    """Yield the pieces of a file. Raises CannotKeep after so many bytes."""
    size = 0
    for piece in sent.pieces:
        size += len(piece)
        if size > room:
            raise CannotKeep(f"{sent.name} is too much: a person keeps at most {QUOTA:,} bytes")
        yield piece


def _make_private(folder: Path) -> None:
    root = Path(settings.DATA_DIR) / "uploads"
    for path in (root, folder.parent, folder):
        path.mkdir(mode=0o700, parents=path == root, exist_ok=True)


def _sync(folder: Path) -> None:
    """Have the names of the files in a folder survive a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

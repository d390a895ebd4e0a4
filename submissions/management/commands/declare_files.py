"""Declare files that are on this machine's disks, and put them into a dataset."""

import hashlib
import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from campaigns.models import Experiment
from datahandling.base import DatasetConflict
from datahandling.handlers.catalogue import BadDeclaration, Catalogue, Declaration, FileConflict

BATCH = 1000  # files in one transaction
CHUNK = 1 << 20  # bytes
TELL_EVERY = 2.0  # seconds


class Command(BaseCommand):
    help = (
        "Declare the files of a directory to the embedded catalogue, with their size, checksum and "
        "location, and put them into a dataset. They stay where they are. Declaring them again "
        "changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument("--dataset", required=True, help="made if it is new")
        parser.add_argument(
            "--glob",
            action="append",
            metavar="PATTERN",
            help="which files, such as '*.root', or '**/*.root' with those below (default: *)",
        )
        parser.add_argument(
            "--meta",
            action="append",
            default=[],
            type=metadata,
            metavar="KEY=VALUE",
            help="said of each file; a value that is JSON is that, else text",
        )
        parser.add_argument(
            "--end-time",
            action="store_true",
            help="say that a file's data end when it was last written (for the split type new)",
        )
        parser.add_argument("--experiment", help="needed where there are several")
        parser.add_argument("--dry-run", action="store_true", help="check all, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = find_files(options["directory"], options["glob"] or ["*"])
        experiment = find_experiment(options["experiment"])
        describe = Describer(options["dataset"], dict(options["meta"]), options["end_time"])
        tally = Tally(len(paths), options["dry_run"])
        for batch in in_batches(paths):
            described = [tally.tell(describe(path), self.stdout.write) for path in batch]
            try:
                outcomes = declare(experiment, described, dry_run=options["dry_run"])
            except (BadDeclaration, FileConflict, DatasetConflict) as error:
                raise CommandError(f"{error}{tally.before_that}") from error
            tally.outcomes.update(outcomes)
        self.stdout.write(f"{options['dataset']} of {experiment}: {tally}")


@dataclass
class Tally:
    """How far it is, and what became of the files."""

    files: int
    dry_run: bool
    read: int = 0
    told_at: float = field(default_factory=time.monotonic)
    outcomes: Counter[str] = field(default_factory=Counter)

    def tell(self, read: Declaration, say: Callable[[str], object]) -> Declaration:
        """Count one more file that was read, and say so now and then."""
        self.read += 1
        if time.monotonic() > self.told_at + TELL_EVERY:
            self.told_at = time.monotonic()
            say(f"{self.read} of {self.files} files are read")
        return read

    @property
    def before_that(self) -> str:
        done = self.outcomes.total()
        return f" ({done} files before that one are declared)" if done and not self.dry_run else ""

    def __str__(self) -> str:
        would = "would be " if self.dry_run else ""
        declared, unchanged = self.outcomes["declared"], self.outcomes["unchanged"]
        return f"{declared} files {would}declared, {unchanged} unchanged"


@dataclass(frozen=True)
class Describer:
    """Says what is to be declared of a file, after reading all of it."""

    dataset: str
    metadata: dict[str, Any]
    with_end_time: bool

    def __call__(self, path: Path) -> Declaration:
        path = path.absolute()
        try:
            size, checksum = measure(path)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise CommandError(
                f"{path} can't be read ({error.strerror}): mend it, or leave it out by --glob"
            ) from error
        ended = {"end_time": written.isoformat()} if self.with_end_time else {}
        return Declaration(
            name=path.name,
            size=size,
            checksum=f"sha256:{checksum}",
            metadata=self.metadata | ended,
            locations=(path.as_uri(),),
            datasets=(self.dataset,),
        )


def find_files(directory: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the files that match any of the patterns, by path; hidden ones only if asked for.

    Raises CommandError where there is none, or where two have one name: files are known by name.
    """
    if not directory.is_dir():
        raise CommandError(f"{directory} is no directory")
    wanted = [pattern for pattern in patterns if pattern]
    found = {
        path
        for pattern in wanted
        for path in directory.glob(pattern)
        if not path.is_dir() and (pattern.startswith(".") or not path.name.startswith("."))
    }
    if not found:
        raise CommandError(f"{directory} has no file that matches {' or '.join(wanted)}")
    names: dict[str, Path] = {}
    for path in sorted(found):
        if names.setdefault(path.name, path) is not path:
            raise CommandError(
                f"{path} and {names[path.name]} have one name, and POMS knows files by name: "
                "rename one, or leave it out by --glob"
            )
    return list(names.values())


def find_experiment(name: str | None) -> str:
    """Return the experiment of that name, or the only one there is."""
    experiments = list(Experiment.objects.values_list("name", flat=True))
    if name is None and len(experiments) == 1:
        return experiments[0]
    if name in experiments:
        return name
    there_are = ", ".join(experiments) or "none yet: add one in the admin"
    if name is None:
        raise CommandError(f"say which --experiment; there are {there_are}")
    raise CommandError(f"there is no experiment {name}; there are {there_are}")


def measure(path: Path) -> tuple[int, str]:
    """Return a file's size in bytes and its SHA-256, of the same bytes."""
    if path.exists() and not path.is_file():
        raise OSError(0, "it is no regular file")
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def declare(experiment: str, described: Sequence[Declaration], *, dry_run: bool) -> list[str]:
    """Declare the files, all or none; return what became of each."""
    with transaction.atomic():
        declared = Catalogue(experiment).declare(described)
        if dry_run:
            transaction.set_rollback(True)
    return [outcome for _, outcome in declared]


def metadata(item: str) -> tuple[str, Any]:
    """Read ``key=value``."""
    key, equals, value = item.partition("=")
    if not key or not equals:
        raise ArgumentTypeError(f"{item!r}: write key=value")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def in_batches(paths: Sequence[Path]) -> Iterable[Sequence[Path]]:
    return (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))

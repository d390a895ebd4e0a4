"""Stage 4: put all tables of candidates into one, each line saying which file it came from."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from examples import job
from examples.demo.reco import COLUMNS


def merge(tables: Iterable[Path], merged: Path) -> int:
    """Write the rows of all tables, sorted by file; return how many there are."""
    count = 0
    with merged.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(("file", *COLUMNS))
        for table in sorted(tables, key=lambda path: path.name):
            with table.open(newline="") as lines:
                for row in csv.DictReader(lines):
                    writer.writerow((table.name, *(row[key] for key in COLUMNS)))
                    count += 1
    return count


def main() -> None:
    merged = job.output(f"merge-{os.environ['POMS4_SUBMISSION_ID']}.csv")
    with job.all_files() as tables:
        count = merge([Path(table.path) for table in tables], merged)
        metadata = {"data_tier": "merged", "candidates": count}
        job.declare(merged, parents=[table.name for table in tables], metadata=metadata)
    print(f"{len(tables)} files -> {merged.name}: {count} candidates")


if __name__ == "__main__":
    main()

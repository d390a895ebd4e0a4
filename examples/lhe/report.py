"""Stage 2: all summaries in; one table (CSV and JSON) and one picture per process out."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from examples.lhe.combine import COLUMNS, Sample, Summary, picture, rows, samples
from poms_client import job


def write(summaries: Sequence[Summary], place: Callable[[str], Path]) -> list[Path]:
    """Write table and pictures where ``place`` says for each name; return their paths."""
    summaries = sorted(summaries, key=lambda summary: summary["file"])
    table = rows(summaries)
    as_json = place("table.json")
    as_json.write_text(json.dumps(table, indent=1) + "\n")
    as_csv = place("table.csv")
    with as_csv.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        writer.writeheader()
        writer.writerows(table)
    return [as_csv, as_json, *(_draw(sample, place) for sample in samples(summaries))]


def _draw(sample: Sample, place: Callable[[str], Path]) -> Path:
    first = re.sub(r"[^\w.-]", "_", sample.files[0].removesuffix(".gz").removesuffix(".lhe"))
    path = place(f"{first}-process{sample.process_id}.svg")
    path.write_text(picture(sample))
    return path


def main() -> None:
    prefix = f"report-{os.environ['POMS4_SUBMISSION_ID']}-"
    with job.all_files() as files:
        summaries = [json.loads(Path(file.path).read_text()) for file in files]
        written = write(summaries, lambda name: job.output(prefix + name))
        parents = [file.name for file in files]
        job.declare(*written, parents=parents, metadata={"data_tier": "report"})
    print(f"{len(files)} files -> {', '.join(path.name for path in written)}")


if __name__ == "__main__":
    main()

"""Stage 2: all summaries in; one table (CSV and JSON) and one picture per process out."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from examples.lhe.combine import COLUMNS, Sample, Summary, picture, rows, samples
from poms_client import job


def write(summaries: Sequence[Summary], folder: Path, prefix: str) -> list[Path]:
    """Write table and pictures, names beginning with ``prefix``; return their paths."""
    summaries = sorted(summaries, key=lambda summary: summary["file"])
    table = rows(summaries)
    as_json = folder / f"{prefix}table.json"
    as_json.write_text(json.dumps(table, indent=1) + "\n")
    as_csv = folder / f"{prefix}table.csv"
    with as_csv.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        writer.writeheader()
        writer.writerows(table)
    return [as_csv, as_json, *(_draw(sample, folder, prefix) for sample in samples(summaries))]


def _draw(sample: Sample, folder: Path, prefix: str) -> Path:
    first = re.sub(r"[^\w.-]", "_", sample.files[0].removesuffix(".gz").removesuffix(".lhe"))
    path = folder / f"{prefix}{first}-process{sample.process_id}.svg"
    path.write_text(picture(sample))
    return path


def main() -> None:
    submission, folder = os.environ["POMS4_SUBMISSION_ID"], Path(os.environ["POMS_OUTPUT_DIR"])
    paths = {file.name: Path(file.path) for file in job.files()}
    summaries = [json.loads(path.read_text()) for path in paths.values()]
    for path in write(summaries, folder, prefix=f"report-{submission}-"):
        job.declare(path, parents=list(paths), meta={"data_tier": "report"})
        print(path.name)


if __name__ == "__main__":
    main()

"""Stage 1: one Les Houches event file in, one JSON summary out."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path

from examples.lhe.summary import summarise
from poms_client import job


def main() -> None:
    submission = os.environ["POMS4_SUBMISSION_ID"]
    for file in islice(job.files(), 1):  # -N files makes a job for each
        with file:  # one that can't be read ends this job; its name and line go to POMS
            summary = summarise(Path(file.path))
            path = job.output(f"lhe-{submission}-{file.name}.json")
            path.write_text(json.dumps(summary) + "\n")
            metadata = {"data_tier": "summary", "events": summary["events"]}
            job.declare(path, parents=[file.name], metadata=metadata)
            print(f"{file.name}: {summary['events']} events of {summary['generator']}")


if __name__ == "__main__":
    main()

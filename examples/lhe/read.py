"""Stage 1: one Les Houches event file in, one JSON summary out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from examples.lhe.lhef import LheError
from examples.lhe.summary import summarise
from poms_client import job


def main() -> None:
    submission, folder = os.environ["POMS4_SUBMISSION_ID"], Path(os.environ["POMS_OUTPUT_DIR"])
    for file in job.files():
        try:
            summary = summarise(Path(file.path))
        except (LheError, OSError) as error:
            job.failed(file.name, why=str(error))
            sys.exit(str(error))
        path = folder / f"lhe-{submission}-{file.name}.json"
        path.write_text(json.dumps(summary) + "\n")
        meta = {"data_tier": "summary", "events": summary["events"]}
        job.declare(path, parents=[file.name], meta=meta)
        print(f"{file.name}: {summary['events']} events of {summary['generator']}")


if __name__ == "__main__":
    main()

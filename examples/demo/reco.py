"""Stage 3: reconstruct. Two muons of opposite charge become a Z candidate, one line of a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path

from examples import job
from examples.demo.events import Event, read


@dataclass(frozen=True)
class Candidate:
    event: int
    mass_gev: float
    pt_gev: float
    rapidity: float


COLUMNS = tuple(field.name for field in fields(Candidate))


def reconstruct(events: Iterable[Event]) -> list[Candidate]:
    """The pair of the hardest muon of each charge; events that lack one have no candidate."""
    found = []
    for event in events:
        hardest = [
            max(
                (muon.momentum for muon in event.muons if muon.charge == charge),
                key=lambda momentum: momentum.pt,
                default=None,
            )
            for charge in (+1, -1)
        ]
        if hardest[0] is None or hardest[1] is None:
            continue
        pair = hardest[0] + hardest[1]
        found.append(Candidate(event.number, pair.mass, pair.pt, pair.rapidity))
    return found


def write(path: Path, candidates: Iterable[Candidate]) -> None:
    with path.open("w", newline="") as table:
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        for candidate in candidates:
            row = asdict(candidate)
            writer.writerow({**row, **{key: f"{row[key]:.5f}" for key in COLUMNS[1:]}})


def main() -> None:
    submission = os.environ["POMS4_SUBMISSION_ID"]
    for file in islice(job.files(), 1):  # -N files makes a job for each
        with file:
            candidates = reconstruct(read(Path(file.path)))
            number = file.name.rsplit("-", 1)[1].split(".")[0]
            path = job.output(f"reco-{submission}-{number}.csv")
            write(path, candidates)
            metadata = {"data_tier": "reconstructed", "candidates": len(candidates)}
            job.declare(path, parents=[file.name], metadata=metadata)
            print(f"{file.name} -> {path.name}: {len(candidates)} candidates")


if __name__ == "__main__":
    main()

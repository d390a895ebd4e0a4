"""Stage 5: draw the mass of the muon pairs. The peak is the Z."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from pathlib import Path

from examples import job
from examples.histogram import Panel, draw, fill


def masses(table: Path) -> list[float]:
    """The masses in a merged table, in GeV."""
    with table.open(newline="") as lines:
        return [float(row["mass_gev"]) for row in csv.DictReader(lines)]


def picture(values: Sequence[float], low: float, high: float, bins: int) -> str:
    """The histogram as SVG; says how many candidates lie beside it."""
    width = (high - low) / bins
    histogram = fill(values, low, width, bins)
    beside = len(values) - round(sum(histogram.heights))
    note = f"{len(values)} candidates, {beside} of them beside the plot; errors are √n"
    panel = Panel(histogram, "m(μ⁺μ⁻) [GeV]", f"Candidates / {width:g} GeV")
    return draw("Z → μ⁺μ⁻, reconstructed", [panel], note)


def main() -> None:
    options = argparse.ArgumentParser(description="Draw the mass of the muon pairs.")
    options.add_argument("--low", type=float, default=60.0, help="GeV")
    options.add_argument("--high", type=float, default=120.0, help="GeV")
    options.add_argument("--bins", type=int, default=60)
    chosen = options.parse_args()
    path = job.output(f"plots-{os.environ['POMS4_SUBMISSION_ID']}-dimuon-mass.svg")
    for file in job.files():
        with file:
            values = masses(Path(file.path))
            path.write_text(picture(values, chosen.low, chosen.high, chosen.bins))
            job.declare(path, parents=[file.name], metadata={"data_tier": "plot"})
            print(f"{file.name} -> {path.name}: {len(values)} candidates")


if __name__ == "__main__":
    main()

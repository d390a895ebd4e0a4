"""Write small valid Les Houches event files, for those who have none.

Usage: python3 -m examples.lhe.make_lhe DIRECTORY [--files 5] [--events 200] [--broken]

The process is e+ e- → γ* → μ+ μ- at leading order, which has a closed form (PDG, Review of Particle
Physics, "Cross-section formulae for specific processes"), so the cross section is exact and every
event has weight 1. All files are of one generation and differ by their random seed.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from pathlib import Path

ALPHA = 7.2973525693e-3
MUON_MASS_GEV = 0.1056583755
PB_GEV2 = 3.893793721e8  # (ħc)² in pb GeV²
BEAM_ENERGY_GEV = 5.0
PROCESS = 1


def cross_section_pb(beam_energy_gev: float) -> float:
    """σ = 4πα²/(3s) · β(3-β²)/2, with β the velocity of the muons and electrons massless."""
    s = 4.0 * beam_energy_gev**2
    beta = math.sqrt(1.0 - (MUON_MASS_GEV / beam_energy_gev) ** 2)
    return 4.0 * math.pi * ALPHA**2 / (3.0 * s) * beta * (3.0 - beta**2) / 2.0 * PB_GEV2


def cos_theta(rng: random.Random, beam_energy_gev: float) -> float:
    """Draw from dσ/dcosθ ∝ 1 + cos²θ + (m/E)² sin²θ, by rejection under its maximum of 2."""
    ratio = (MUON_MASS_GEV / beam_energy_gev) ** 2
    while True:
        cos = rng.uniform(-1.0, 1.0)
        if rng.uniform(0.0, 2.0) < 1.0 + cos**2 + ratio * (1.0 - cos**2):
            return cos


def document(events: int, seed: int, beam_energy_gev: float = BEAM_ENERGY_GEV) -> Iterator[str]:
    """The lines of one file."""
    rng = random.Random(seed)
    sigma = cross_section_pb(beam_energy_gev)
    beam = f"{beam_energy_gev:.8e}"
    yield '<LesHouchesEvents version="3.0">'
    yield f"<!-- e+ e- to mu+ mu- at leading order, seed {seed} -->"
    yield "<init>"
    yield f"  -11  11  {beam}  {beam}  0  0  0  0  3  1"
    yield f"  {sigma:.8e}  0.00000000e+00  1.00000000e+00  {PROCESS}"
    yield '<generator name="make_lhe" version="1"> arXiv:hep-ph/0609017 </generator>'
    yield "</init>"
    for _ in range(events):
        yield from _event(rng, beam_energy_gev)
    yield "</LesHouchesEvents>"


def _event(rng: random.Random, energy: float) -> Iterator[str]:
    cos, phi = cos_theta(rng, energy), rng.uniform(-math.pi, math.pi)
    momentum = math.sqrt(energy**2 - MUON_MASS_GEV**2)
    sin = math.sqrt(1.0 - cos**2)
    px, py, pz = (
        momentum * sin * math.cos(phi),
        momentum * sin * math.sin(phi),
        momentum * cos,
    )
    yield "<event>"
    yield f"  4  {PROCESS}  1.0  {2.0 * energy:.8e}  {ALPHA:.8e}  0.0"
    yield _particle(-11, -1, 0, 0.0, 0.0, energy, energy, 0.0)
    yield _particle(11, -1, 0, 0.0, 0.0, -energy, energy, 0.0)
    yield _particle(-13, 1, 1, px, py, pz, energy, MUON_MASS_GEV)
    yield _particle(13, 1, 1, -px, -py, -pz, energy, MUON_MASS_GEV)
    yield "</event>"


def _particle(pdg_id: int, status: int, mother: int, *numbers: float) -> str:
    """``numbers``: px, py, pz, energy, mass in GeV. Both incoming are mothers of each outgoing."""
    written = "  ".join(f"{number:.10e}" for number in numbers)
    return f"  {pdg_id}  {status}  {mother}  {2 * mother}  0  0  {written}  0.0  9.0"


def main() -> None:
    options = argparse.ArgumentParser(description="Write small valid Les Houches event files.")
    options.add_argument("directory", type=Path)
    options.add_argument("--files", type=int, default=5)
    options.add_argument("--events", type=int, default=200, help="in each file")
    options.add_argument("--seed", type=int, default=1, help="of the first file")
    options.add_argument("--broken", action="store_true", help="and one more that is cut short")
    chosen = options.parse_args()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    for number in range(chosen.files):
        lines = list(document(chosen.events, chosen.seed + number))
        write(chosen.directory / f"mumu-{number:03}.lhe", lines)
    if chosen.broken:
        lines = list(document(chosen.events, chosen.seed + chosen.files))
        write(chosen.directory / "cut-short.lhe", lines[: len(lines) // 2])


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""A simple detector: acceptance, efficiency and momentum resolution, much as a muon system has."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from examples.demo.events import Event, Muon
from examples.demo.physics import MUON_MASS_GEV
from examples.fourvector import FourVector

LARGEST_ETA = 2.4
LOWEST_PT_GEV = 5.0
EFFICIENCY = 0.96
MULTIPLE_SCATTERING = 0.012  # relative, at any momentum
CURVATURE = 1.0e-4  # relative, per GeV: straighter tracks are measured worse
ANGLE = 0.001  # in pseudorapidity and in azimuth


def simulate(events: Iterable[Event], rng: random.Random) -> list[Event]:
    """Each event as the detector measures it; muons that it misses are left out."""
    return [
        Event(event.number, tuple(measure(muon, rng) for muon in event.muons if seen(muon, rng)))
        for event in events
    ]


def seen(muon: Muon, rng: random.Random) -> bool:
    accepted = abs(muon.momentum.eta) < LARGEST_ETA and muon.momentum.pt > LOWEST_PT_GEV
    return accepted and rng.random() < EFFICIENCY


def measure(muon: Muon, rng: random.Random) -> Muon:
    """Smear pT by σ/pT = 1.2 % ⊕ 0.01 % · pT/GeV, and the direction; the mass is the muon's."""
    true = muon.momentum
    pt = max(true.pt * rng.gauss(1.0, resolution(true.pt)), 0.1)
    eta, phi = rng.gauss(true.eta, ANGLE), rng.gauss(true.phi, ANGLE)
    return Muon(muon.charge, FourVector.of(MUON_MASS_GEV, pt, eta, phi))


def resolution(pt: float) -> float:
    return math.hypot(MULTIPLE_SCATTERING, CURVATURE * pt)

import math
import random
import statistics

import pytest

from examples.demo.detector import LARGEST_ETA, LOWEST_PT_GEV, resolution, simulate
from examples.demo.events import Event, Muon
from examples.demo.gen import generate
from examples.demo.physics import (
    HIGHEST_MASS_GEV,
    LOWEST_MASS_GEV,
    MUON_MASS_GEV,
    Z_MASS_GEV,
    Z_WIDTH_GEV,
    breit_wigner,
    decay,
    z_boson,
)
from examples.demo.reco import reconstruct
from examples.fourvector import FourVector


@pytest.fixture
def rng():
    return random.Random(7)


def test_the_mass_peaks_at_the_z_with_its_width(rng):
    masses = sorted(breit_wigner(rng) for _ in range(20_000))

    assert masses[0] >= LOWEST_MASS_GEV
    assert masses[-1] <= HIGHEST_MASS_GEV
    assert statistics.median(masses) == pytest.approx(Z_MASS_GEV, abs=0.1)
    # Half of a Breit-Wigner lies within half a width of its peak.
    within = sum(abs(mass - Z_MASS_GEV) < Z_WIDTH_GEV / 2 for mass in masses)
    assert within / len(masses) == pytest.approx(0.5, abs=0.02)


def test_a_decay_keeps_energy_momentum_and_the_muon_mass(rng):
    parent = z_boson(rng)

    first, second = decay(parent, rng)

    total = first + second
    assert (total.energy, total.px, total.py, total.pz) == pytest.approx(
        (parent.energy, parent.px, parent.py, parent.pz)
    )
    assert first.mass == pytest.approx(MUON_MASS_GEV, rel=1e-3)


def test_a_decay_at_rest_is_isotropic(rng):
    resting = FourVector(Z_MASS_GEV, 0.0, 0.0, 0.0)

    cosines = [first.pz / first.momentum for first, _ in (decay(resting, rng) for _ in range(5000))]

    assert statistics.fmean(cosines) == pytest.approx(0.0, abs=0.03)
    assert statistics.fmean(cos**2 for cos in cosines) == pytest.approx(1 / 3, abs=0.02)


def test_the_detector_sees_only_what_it_accepts(rng):
    low = Muon(+1, FourVector.of(MUON_MASS_GEV, LOWEST_PT_GEV - 1, 0.0, 0.0))
    forward = Muon(-1, FourVector.of(MUON_MASS_GEV, 40.0, LARGEST_ETA + 0.1, 0.0))

    (measured,) = simulate([Event(1, (low, forward))], rng)

    assert measured == Event(1, ())


def test_the_detector_smears_the_transverse_momentum_by_its_resolution(rng):
    muon = Muon(+1, FourVector.of(MUON_MASS_GEV, 45.0, 0.5, 1.0))

    measured = simulate([Event(n, (muon,)) for n in range(5000)], rng)

    relative = [m.momentum.pt / 45.0 - 1 for event in measured for m in event.muons]
    assert statistics.stdev(relative) == pytest.approx(resolution(45.0), rel=0.05)
    assert len(relative) / 5000 == pytest.approx(0.96, abs=0.01)


def test_a_candidate_is_the_hardest_muon_of_each_charge():
    soft, hard = (FourVector.of(MUON_MASS_GEV, pt, 0.0, 0.0) for pt in (10.0, 45.0))
    other = FourVector.of(MUON_MASS_GEV, 45.0, 0.0, math.pi)
    event = Event(5, (Muon(+1, soft), Muon(+1, hard), Muon(-1, other)))

    (candidate,) = reconstruct([event])

    assert candidate.event == 5
    assert candidate.mass_gev == pytest.approx(90.0, rel=1e-4)
    assert candidate.pt_gev == pytest.approx(0.0, abs=1e-9)


def test_an_event_without_both_charges_has_no_candidate():
    muon = FourVector.of(MUON_MASS_GEV, 30.0, 0.0, 0.0)

    assert reconstruct([Event(1, (Muon(+1, muon), Muon(+1, muon))), Event(2, ())]) == []


def test_the_whole_chain_finds_the_z_again(rng):
    candidates = reconstruct(simulate(generate(3000, rng), rng))

    masses = [candidate.mass_gev for candidate in candidates]
    assert 0.3 < len(masses) / 3000 < 0.9
    assert statistics.median(masses) == pytest.approx(Z_MASS_GEV, abs=0.3)

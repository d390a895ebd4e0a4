"""The toy: a proton pair makes a Z, which decays to two muons.

Constants: S. Navas et al. (Particle Data Group), Phys. Rev. D 110 (2024) 030001. The mass follows
the relativistic Breit-Wigner of constant width (ibid., "Resonances"); the momentum of the Z is a
plain toy, roughly that at the LHC; the decay is isotropic, without the Z's polarisation.
"""

from __future__ import annotations

import math
import random

from examples.fourvector import FourVector

Z_MASS_GEV = 91.1880
Z_WIDTH_GEV = 2.4955
MUON_MASS_GEV = 0.1056583755

LOWEST_MASS_GEV, HIGHEST_MASS_GEV = 50.0, 150.0
MEAN_PT_GEV = 12.0
LARGEST_RAPIDITY = 2.2


def breit_wigner(rng: random.Random) -> float:
    """Draw a mass in GeV from dN/dm² ∝ 1 / ((m² - M²)² + M²Γ²), between the limits above.

    By inversion: with m² = M² + MΓ tan θ the density is flat in θ.
    """
    scale = Z_MASS_GEV * Z_WIDTH_GEV

    def angle(mass: float) -> float:
        return math.atan((mass**2 - Z_MASS_GEV**2) / scale)

    theta = rng.uniform(angle(LOWEST_MASS_GEV), angle(HIGHEST_MASS_GEV))
    return math.sqrt(Z_MASS_GEV**2 + scale * math.tan(theta))


def z_boson(rng: random.Random) -> FourVector:
    """A Z of exponential transverse momentum and flat rapidity."""
    mass, pt = breit_wigner(rng), rng.expovariate(1.0 / MEAN_PT_GEV)
    rapidity, phi = rng.uniform(-LARGEST_RAPIDITY, LARGEST_RAPIDITY), rng.uniform(-math.pi, math.pi)
    transverse_mass = math.hypot(mass, pt)
    return FourVector(
        transverse_mass * math.cosh(rapidity),
        pt * math.cos(phi),
        pt * math.sin(phi),
        transverse_mass * math.sinh(rapidity),
    )


def decay(parent: FourVector, rng: random.Random) -> tuple[FourVector, FourVector]:
    """Two muons, back to back and isotropic where the parent rests, then boosted along with it."""
    energy = parent.mass / 2.0
    momentum = math.sqrt(energy**2 - MUON_MASS_GEV**2)
    cos, phi = rng.uniform(-1.0, 1.0), rng.uniform(-math.pi, math.pi)
    sin = math.sqrt(1.0 - cos**2)
    px, py, pz = (momentum * part for part in (sin * math.cos(phi), sin * math.sin(phi), cos))
    first = FourVector(energy, px, py, pz)
    second = FourVector(energy, -px, -py, -pz)
    return first.boosted_along(parent), second.boosted_along(parent)

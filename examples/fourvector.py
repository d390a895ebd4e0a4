"""Four-momenta in GeV, metric (+,-,-,-)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FourVector:
    """Energy and momentum of a particle or of a sum of them; all in GeV (c = 1)."""

    energy: float
    px: float
    py: float
    pz: float

    @classmethod
    def of(cls, mass: float, pt: float, eta: float, phi: float) -> FourVector:
        """The vector of mass and transverse momentum in GeV, at pseudorapidity and azimuth."""
        momentum = pt * math.cosh(eta)
        energy = math.hypot(mass, momentum)
        return cls(energy, pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta))

    def __add__(self, other: FourVector) -> FourVector:
        return FourVector(
            self.energy + other.energy,
            self.px + other.px,
            self.py + other.py,
            self.pz + other.pz,
        )

    @property
    def pt(self) -> float:
        return math.hypot(self.px, self.py)

    @property
    def momentum(self) -> float:
        return math.hypot(self.px, self.py, self.pz)

    @property
    def eta(self) -> float:
        """Pseudorapidity; infinite along the beam."""
        if self.pt == 0.0:
            return math.copysign(math.inf, self.pz)
        return math.asinh(self.pz / self.pt)

    @property
    def phi(self) -> float:
        return math.atan2(self.py, self.px)

    @property
    def rapidity(self) -> float:
        return math.atanh(self.pz / self.energy)

    @property
    def mass(self) -> float:
        """Invariant mass, sqrt(E² - p²); 0 where rounding leaves a massless one below zero.

        Factored as (E - p)(E + p), which keeps more digits of a light and fast particle.
        """
        momentum = self.momentum
        return math.sqrt(max((self.energy - momentum) * (self.energy + momentum), 0.0))

    def boosted_along(self, frame: FourVector) -> FourVector:
        """This vector, given in the rest frame of ``frame``, as seen where ``frame`` is.

        The general Lorentz boost by β = p/E (PDG, Review of Particle Physics, "Kinematics").
        """
        mass = frame.mass
        along = self.px * frame.px + self.py * frame.py + self.pz * frame.pz
        energy = (self.energy * frame.energy + along) / mass
        shift = (self.energy + energy) / (frame.energy + mass)
        return FourVector(
            energy,
            self.px + shift * frame.px,
            self.py + shift * frame.py,
            self.pz + shift * frame.pz,
        )

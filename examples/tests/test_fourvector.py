import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.fourvector import FourVector

masses = st.floats(10.0, 500.0)
momenta = st.floats(-1000.0, 1000.0)


def at_rest(mass):
    return FourVector(mass, 0.0, 0.0, 0.0)


def vector(mass, px, py, pz):
    return FourVector(math.hypot(mass, px, py, pz), px, py, pz)


def test_the_mass_of_two_photons_follows_from_their_opening_angle():
    pair = FourVector(10.0, 10.0, 0.0, 0.0) + FourVector(20.0, 0.0, 20.0, 0.0)

    assert pair.mass == pytest.approx(math.sqrt(2 * 10 * 20 * (1 - math.cos(math.pi / 2))))


def test_a_massless_particle_has_no_imaginary_mass():
    assert FourVector(1.0, 0.6, 0.8000000001, 0.0).mass == 0.0


def test_along_the_beam_pseudorapidity_is_infinite():
    assert FourVector(5.0, 0.0, 0.0, -5.0).eta == -math.inf


def test_what_rests_moves_with_the_frame_after_the_boost():
    frame = vector(91.0, 10.0, -20.0, 30.0)

    boosted = at_rest(91.0).boosted_along(frame)

    assert boosted.energy == pytest.approx(frame.energy)
    assert (boosted.px, boosted.py, boosted.pz) == pytest.approx((frame.px, frame.py, frame.pz))


@pytest.mark.property
@given(masses, momenta, momenta, momenta, masses, momenta, momenta, momenta)
def test_a_boost_leaves_the_mass_of_a_pair_as_it_is(m1, x1, y1, z1, m2, x2, y2, z2):
    first, second = vector(m1, x1, y1, z1), vector(m2, -x1, z2, y2)
    frame = vector(m2, x2, y2, z2)

    boosted = first.boosted_along(frame) + second.boosted_along(frame)

    assert boosted.mass == pytest.approx((first + second).mass, rel=1e-6)


@pytest.mark.property
@given(masses, st.floats(0.1, 500.0), st.floats(-4.0, 4.0), st.floats(-3.0, 3.0))
def test_a_vector_has_the_mass_pt_and_direction_it_was_made_of(mass, pt, eta, phi):
    made = FourVector.of(mass, pt, eta, phi)

    assert made.mass == pytest.approx(mass, rel=1e-6)
    assert (made.pt, made.eta, made.phi) == pytest.approx((pt, eta, phi), rel=1e-9, abs=1e-9)

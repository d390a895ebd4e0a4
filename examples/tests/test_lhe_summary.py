import math

import pytest

from examples.fourvector import FourVector
from examples.lhe.lhef import Beam, Event, Particle, Process, Run
from examples.lhe.summary import (
    Sample,
    describe,
    effective_events,
    fingerprint,
    notes,
    total_cross_section,
)


def outgoing(energy, px, py, pz):
    return Particle(13, 1, FourVector(energy, px, py, pz), 0.0)


def run(*processes, strategy=3):
    return Run("1.0", "somebody", (Beam(2212, 1.0), Beam(2212, 1.0)), strategy, processes)


def test_the_cross_sections_of_one_file_add_up_and_their_errors_in_quadrature():
    total = total_cross_section([Process(1, 5.0, 0.3), Process(2, 1.0, 0.4)])

    assert total == {"value": 6.0, "error": pytest.approx(0.5), "unit": "pb"}


def test_a_total_with_an_unknown_part_is_unknown():
    assert total_cross_section([Process(1, 5.0, 0.3), Process(2, -1.0, -1.0)]) is None


def test_leading_pt_and_mass_are_those_of_the_outgoing_particles():
    incoming = Particle(2, -1, FourVector(500.0, 0.0, 300.0, 400.0), 0.0)
    event = Event(1, 1.0, (incoming, outgoing(5, 3, 4, 0), outgoing(5, -3, -4, 0)))
    sample = Sample()

    sample.add(event)

    assert sample.leading_pt == [5.0]
    assert sample.invariant_mass == [10.0]


def test_the_mean_is_weighted_and_has_an_error():
    described = describe([1.0, 3.0], [3.0, 1.0])

    assert described["weighted_mean"] == 1.5
    assert described["weighted_mean_error"] == pytest.approx(math.sqrt(1.5**2 + 1.5**2) / 4)
    assert (described["min"], described["median"], described["max"]) == (1.0, 2.0, 3.0)


def test_where_weights_cancel_there_is_no_mean():
    assert describe([1.0, 3.0], [1.0, -1.0])["weighted_mean"] is None


def test_one_heavy_event_among_many_counts_as_one():
    assert effective_events([1.0] * 10) == pytest.approx(10.0)
    assert effective_events([1e12] + [1.0] * 10) == pytest.approx(1.0)


def test_an_event_is_known_by_its_numbers_not_by_how_they_were_written():
    assert fingerprint(Event(1, 1.0, (outgoing(1, 0.0, 0, 0),))) == fingerprint(
        Event(1, 1.0, (outgoing(1.0, -0.0, 0.0, 0.0),))
    )
    assert fingerprint(Event(1, 1.0, ())) != fingerprint(Event(1, 1.5, ()))


def test_what_is_odd_about_a_file_is_noted():
    found = notes(run(Process(1, 1.0, 1.0), Process(2, -1.0, -1.0)), [675.6])

    assert found == [
        "process 1: the error is as large as the cross section",
        "process 2: the cross section is unknown",
        "weights other than ±1, though <init> says that all are",
    ]

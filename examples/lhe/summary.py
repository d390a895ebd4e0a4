"""What one Les Houches event file holds, as plain values ready for JSON."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.fourvector import FourVector
from examples.lhe.lhef import Event, Process, Run, open_lhe

UNIT_WEIGHTS = 3


@dataclass
class Sample:
    """The events of one process: a weight, and two observables in GeV, for each."""

    weights: list[float] = field(default_factory=list)
    leading_pt: list[float] = field(default_factory=list)
    invariant_mass: list[float] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Take the largest pT of the outgoing particles, and the mass of all of them together."""
        momenta = [particle.momentum for particle in event.outgoing]
        self.weights.append(event.weight)
        self.leading_pt.append(max((momentum.pt for momentum in momenta), default=0.0))
        self.invariant_mass.append(sum(momenta, start=FourVector(0.0, 0.0, 0.0, 0.0)).mass)


def summarise(path: Path) -> dict[str, Any]:
    """Read a whole file; raises LheError with name and line where that can't be done.

    Keeps three numbers per event (about 50 bytes of JSON), so that a later stage can draw them.
    """
    samples: dict[int, Sample] = {}
    digest = hashlib.sha256()
    with open_lhe(path) as lhe:
        for event in lhe.events:
            samples.setdefault(event.process_id, Sample()).add(event)
            digest.update(fingerprint(event))
        run = lhe.run
    weights = [weight for sample in samples.values() for weight in sample.weights]
    return {
        "file": path.name,
        "digest": f"sha256:{digest.hexdigest()}",
        "format_version": run.format_version,
        "generator": run.generator,
        "beams": [{"pdg_id": beam.pdg_id, "energy_gev": beam.energy_gev} for beam in run.beams],
        "weight_strategy": run.weight_strategy,
        "events": len(weights),
        "sum_of_weights": math.fsum(weights),
        "cross_section": total_cross_section(run.processes),
        "processes": _processes(run, samples),
        "notes": notes(run, weights),
    }


def fingerprint(event: Event) -> bytes:
    """The numbers of an event, however they were written: equal events have equal ones."""
    numbers = [event.process_id, event.weight + 0.0]
    for particle in event.particles:
        momentum = particle.momentum
        numbers += [particle.pdg_id, particle.status, particle.mass_gev + 0.0]
        # Adding zero makes -0.0 and 0.0 the same.
        numbers += [momentum.energy + 0.0, momentum.px + 0.0, momentum.py + 0.0, momentum.pz + 0.0]
    return repr(numbers).encode()


def cross_section(process: Process) -> dict[str, Any] | None:
    if not process.known:
        return None
    return {"value": process.cross_section_pb, "error": process.error_pb, "unit": "pb"}


def total_cross_section(processes: Sequence[Process]) -> dict[str, Any] | None:
    """The sum over the processes of one file; none where any of them is unknown.

    The processes of a file are exclusive, and their cross sections come from integrations of
    their own, so values add up and errors add in quadrature.
    """
    if not all(process.known for process in processes):
        return None
    value = math.fsum(process.cross_section_pb for process in processes)
    error = math.hypot(*(process.error_pb for process in processes))
    return {"value": value, "error": error, "unit": "pb"}


def describe(values: Sequence[float], weights: Sequence[float]) -> dict[str, Any]:
    """Range, median and weighted mean with its standard error; all in GeV.

    The mean is Σwx/Σw, its error sqrt(Σw²(x-mean)²)/|Σw|; none where the weights cancel.
    """
    total = math.fsum(weights)
    mean = error = None
    if total:
        mean = math.fsum(w * x for w, x in zip(weights, values, strict=True)) / total
        spread = math.fsum((w * (x - mean)) ** 2 for w, x in zip(weights, values, strict=True))
        error = math.sqrt(spread) / abs(total)
    return {
        "unit": "GeV",
        "min": min(values),
        "median": statistics.median(values),
        "max": max(values),
        "weighted_mean": mean,
        "weighted_mean_error": error,
    }


def effective_events(weights: Sequence[float]) -> float:
    """How many events of equal weight would be as precise: (Σw)²/Σw² (L. Kish, 1965)."""
    squares = math.fsum(weight * weight for weight in weights)
    return math.fsum(weights) ** 2 / squares if squares else 0.0


def notes(run: Run, weights: Sequence[float]) -> list[str]:
    """What a reader of the numbers should know before using them."""
    found = []
    for process in run.processes:
        if not process.known:
            found.append(f"process {process.id}: the cross section is unknown")
        elif process.error_pb >= abs(process.cross_section_pb):
            found.append(f"process {process.id}: the error is as large as the cross section")
    if abs(run.weight_strategy) == UNIT_WEIGHTS and any(abs(weight) != 1.0 for weight in weights):
        found.append("weights other than ±1, though <init> says that all are")
    if not weights:
        found.append("no events")
    return found


def _processes(run: Run, samples: dict[int, Sample]) -> list[dict[str, Any]]:
    """Every process stated or met; one that <init> leaves out has no cross section."""
    stated = {process.id: cross_section(process) for process in run.processes}
    return [
        {"id": number, "cross_section": stated.get(number), **_observed(samples.get(number))}
        for number in sorted(stated.keys() | samples.keys())
    ]


def _observed(sample: Sample | None) -> dict[str, Any]:
    if sample is None:
        return {"events": 0, "sum_of_weights": 0.0}
    return {
        "events": len(sample.weights),
        "sum_of_weights": math.fsum(sample.weights),
        "effective_events": effective_events(sample.weights),
        "leading_pt": describe(sample.leading_pt, sample.weights),
        "invariant_mass": describe(sample.invariant_mass, sample.weights),
        "values": {
            "weight": sample.weights,
            "leading_pt_gev": [round(value, 4) for value in sample.leading_pt],
            "invariant_mass_gev": [round(value, 4) for value in sample.invariant_mass],
        },
    }

"""What may be put together of many files, and what may not.

Rules: events that were seen before aren't counted again; cross sections of different files are
never added, since nothing says that their processes exclude each other; files of one generation
(the same stated process with the same beams, generator and cross section, to the last digit) are
one sample, of which the cross section stays what it is and the events add up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from examples.histogram import Histogram, Panel, binning, draw, fill

COLUMNS = (
    "file",
    "duplicate_of",
    "generator",
    "format_version",
    "process_id",
    "events",
    "effective_events",
    "sum_of_weights",
    "cross_section_pb",
    "cross_section_error_pb",
    "leading_pt_mean_gev",
    "leading_pt_mean_error_gev",
    "invariant_mass_mean_gev",
    "invariant_mass_mean_error_gev",
    "notes",
)
OBSERVABLES = (
    ("leading_pt_gev", "Leading transverse momentum", "pT"),
    ("invariant_mass_gev", "Invariant mass of the final state", "m"),
)

Summary = dict[str, Any]
Row = dict[str, Any]


def without_duplicates(summaries: Sequence[Summary]) -> tuple[list[Summary], dict[str, str]]:
    """The first file of each set of equal events, and for each other file which one that is."""
    first: dict[str, Summary] = {}
    same: dict[str, str] = {}
    for summary in summaries:
        kept = first.setdefault(summary["digest"], summary)
        if kept is not summary:
            same[summary["file"]] = kept["file"]
    return list(first.values()), same


def rows(summaries: Sequence[Summary]) -> list[Row]:
    """One row for each process of each file; nothing in it is summed over files."""
    _, same = without_duplicates(summaries)
    return [
        _row(summary, process, same.get(summary["file"], ""))
        for summary in summaries
        for process in summary["processes"]
    ]


def _row(summary: Summary, process: dict[str, Any], duplicate_of: str) -> Row:
    cross_section = process["cross_section"] or {}
    leading_pt, mass = process.get("leading_pt", {}), process.get("invariant_mass", {})
    values = (
        summary["file"],
        duplicate_of,
        summary["generator"],
        summary["format_version"],
        process["id"],
        process["events"],
        process.get("effective_events"),
        process["sum_of_weights"],
        cross_section.get("value"),
        cross_section.get("error"),
        leading_pt.get("weighted_mean"),
        leading_pt.get("weighted_mean_error"),
        mass.get("weighted_mean"),
        mass.get("weighted_mean_error"),
        "; ".join(summary["notes"]),
    )
    return dict(zip(COLUMNS, values, strict=True))


@dataclass(frozen=True)
class Sample:
    """The events of one process, out of one file or of several of one generation."""

    files: tuple[str, ...]
    generator: str
    process_id: int
    cross_section: dict[str, Any] | None
    values: dict[str, list[float]]

    @property
    def usable(self) -> bool:
        """Whether the cross section is known to better than itself."""
        stated = self.cross_section
        return stated is not None and stated["error"] < abs(stated["value"])


def samples(summaries: Sequence[Summary]) -> list[Sample]:
    """Every process that has events, each event once."""
    distinct, _ = without_duplicates(summaries)
    groups: dict[str, list[Sample]] = {}
    for summary in distinct:
        for process in summary["processes"]:
            if process["events"]:
                sample = _sample(summary, process)
                groups.setdefault(_generation(summary, sample), []).append(sample)
    return [_together(group) for group in groups.values()]


def _sample(summary: Summary, process: dict[str, Any]) -> Sample:
    return Sample(
        files=(summary["file"],),
        generator=summary["generator"],
        process_id=process["id"],
        cross_section=process["cross_section"],
        values=process["values"],
    )


def _generation(summary: Summary, sample: Sample) -> str:
    """Equal for files of one generation; a file of unusable cross section stands alone."""
    alone = None if sample.usable else summary["file"]
    return json.dumps(
        [
            summary["generator"],
            summary["beams"],
            summary["weight_strategy"],
            sample.process_id,
            sample.cross_section,
            alone,
        ]
    )


def _together(group: Sequence[Sample]) -> Sample:
    first = group[0]
    return Sample(
        files=tuple(name for sample in group for name in sample.files),
        generator=first.generator,
        process_id=first.process_id,
        cross_section=first.cross_section,
        values={key: [v for sample in group for v in sample.values[key]] for key in first.values},
    )


def picture(sample: Sample) -> str:
    """Both observables as SVG: dσ/dx where the cross section is usable, else plain weights."""
    title = f"{sample.generator}: process {sample.process_id}"
    return draw(title, list(_panels(sample)), _note(sample))


def _panels(sample: Sample) -> Iterable[Panel]:
    for key, name, symbol in OBSERVABLES:
        histogram, label = normalised(sample, key, symbol)
        yield Panel(histogram, f"{name} [GeV]", label)


def normalised(sample: Sample, key: str, symbol: str) -> tuple[Histogram, str]:
    """The histogram of an observable and what its heights are.

    dσ/dx of a bin is σ · (Σw of the bin / Σw of the process) / width, in pb/GeV: it holds for every
    weight strategy, as weights are proportional to the cross section.
    """
    values, weights = sample.values[key], sample.values["weight"]
    low, width, bins = binning(values)
    histogram = fill(values, low, width, bins, weights)
    total = sum(weights)
    if sample.usable and sample.cross_section and total:
        return (
            histogram.scaled(sample.cross_section["value"] / total / width),
            f"dσ/d{symbol} [pb/GeV]",
        )
    return histogram, f"Sum of weights / {width:.6g} GeV"


def _note(sample: Sample) -> str:
    files = ", ".join(sample.files[:2]) + (
        f" and {len(sample.files) - 2} more" if len(sample.files) > 2 else ""
    )
    stated = sample.cross_section
    sigma = f"σ = {stated['value']:.4g} ± {stated['error']:.2g} pb" if stated else "σ unknown"
    unusable = "" if sample.usable or not stated else " (unusable)"
    return f"{len(sample.values['weight'])} events, {sigma}{unusable}; {files}"

"""The events of the demo on disk: gzipped JSON lines, one event each, momenta in GeV.

``{"event": 7, "muons": [{"charge": -1, "energy": …, "px": …, "py": …, "pz": …}, …]}``
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from examples.fourvector import FourVector


@dataclass(frozen=True)
class Muon:
    charge: int
    momentum: FourVector


@dataclass(frozen=True)
class Event:
    number: int
    muons: tuple[Muon, ...]


def encode(events: Iterable[Event]) -> bytes:
    """Bytes that are the same for the same events: a file written twice is the same file."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped:
        for event in events:
            zipped.write(json.dumps(_row(event)).encode() + b"\n")
    return packed.getvalue()


def read(path: Path) -> list[Event]:
    """Raises EOFError, OSError, zlib.error or ValueError on a damaged file."""
    with gzip.open(path, "rt") as lines:
        return [_event(json.loads(line)) for line in lines]


def _row(event: Event) -> dict[str, object]:
    muons = [{"charge": muon.charge, **asdict(muon.momentum)} for muon in event.muons]
    return {"event": event.number, "muons": muons}


def _event(row: dict[str, Any]) -> Event:
    return Event(int(row["event"]), tuple(_muon(**muon) for muon in row["muons"]))


def _muon(charge: int, energy: float, px: float, py: float, pz: float) -> Muon:
    return Muon(charge, FourVector(energy, px, py, pz))

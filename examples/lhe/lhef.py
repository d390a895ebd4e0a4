"""A streaming reader of Les Houches event files, versions 1 to 3, as real generators write them.

The format: J. Alwall et al., "A standard format for Les Houches Event Files", arXiv:hep-ph/0609017;
the meaning of the numbers: E. Boos et al., "Generic user process interface for event generators",
arXiv:hep-ph/0109068; version 3: J. Butterworth et al., arXiv:1405.1067, section 9.

It looks like XML but often isn't: run cards in headers hold bare ``<`` and ``&``, and POWHEG leaves
a trailer after the closing tag. So it is read by lines, as the standard asks for. One event is in
memory at a time.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from examples.fourvector import FourVector

Number = TypeVar("Number", int, float)

GZIP_MAGIC = b"\x1f\x8b"
VERSION = re.compile(r"<LesHouchesEvents\b[^>]*?\bversion\s*=\s*[\"']([^\"']*)")
INIT = re.compile(r"<init(?=[\s>]|$)")
EVENT = re.compile(r"<event(?=[\s>]|$)")
ATTRIBUTE = re.compile(r"(name|version)\s*=\s*[\"']([^\"']*)[\"']")
# What generators say about themselves, in comments and headers, where no <generator> tag does.
SIGNATURES = (
    (re.compile(r"generated with (POWHEG\S*)"), "{}"),
    (re.compile(r"generated with PYTHIA (\S+)"), "PYTHIA {}"),
    (re.compile(r"written by Pythia8::(LHAup)"), "Pythia 8 ({})"),
    (re.compile(r"created by SHERPA (\S+)"), "SHERPA {}"),
    (re.compile(r"^#\*\s+VERSION (\S+)\s+\d{4}-\d\d-\d\d"), "MadGraph 5 {}"),
)


class LheError(ValueError):
    """A file that can't be read; says which, in what line, and what is wrong there."""


@dataclass(frozen=True)
class Process:
    """One line of <init>: a process and its cross section in pb, as the generator stated it."""

    id: int
    cross_section_pb: float
    error_pb: float

    @property
    def known(self) -> bool:
        """Whether a cross section is stated: 0, -1 and a negative error all stand for "unknown"."""
        return self.cross_section_pb not in (0.0, -1.0) and self.error_pb >= 0.0


@dataclass(frozen=True)
class Beam:
    pdg_id: int
    energy_gev: float


@dataclass(frozen=True)
class Run:
    """What holds for all events of a file.

    ``weight_strategy`` is IDWTUP: ±3 unit weights, ±4 weights whose mean is the cross section in
    pb, ±1 and ±2 weights yet to be unweighted; negative where weights may be.
    """

    format_version: str
    generator: str
    beams: tuple[Beam, Beam]
    weight_strategy: int
    processes: tuple[Process, ...]


@dataclass(frozen=True, slots=True)
class Particle:
    """``status``: -1 incoming, 1 outgoing, 2 an intermediate resonance (hep-ph/0109068)."""

    pdg_id: int
    status: int
    momentum: FourVector
    mass_gev: float


@dataclass(frozen=True, slots=True)
class Event:
    process_id: int
    weight: float
    particles: tuple[Particle, ...]

    @property
    def outgoing(self) -> list[Particle]:
        return [particle for particle in self.particles if particle.status == 1]


@dataclass(frozen=True)
class LheFile:
    """The run, read, and the events, to be gone through once; they raise LheError as they come."""

    run: Run
    events: Iterator[Event]


@contextmanager
def open_lhe(path: Path) -> Iterator[LheFile]:
    """Open a file, plain or gzipped; raises LheError where it can't be read, OSError as usual."""
    with _open_text(path) as text:
        lines = _Lines(path.name, text)
        yield LheFile(_run(lines), _events(lines))


def _open_text(path: Path) -> IO[str]:
    with path.open("rb") as raw:
        zipped = raw.read(2) == GZIP_MAGIC
    # Latin-1 reads any byte, and every number is ASCII: a name in a comment never stops us.
    return gzip.open(path, "rt", encoding="latin-1") if zipped else path.open(encoding="latin-1")


class _Lines:
    """The stripped lines of a file, one after another, knowing where it is."""

    def __init__(self, name: str, text: Iterable[str]) -> None:
        self.name, self.number, self.text = name, 0, iter(text)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self.text)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.error(f"the compressed file is damaged ({error})") from error
        self.number += 1
        return line.strip()

    def error(self, what: str) -> LheError:
        return LheError(f"{self.name}, line {self.number}: {what}")

    def values(self, what: str, least: int) -> list[str]:
        """The words of the next line that isn't blank or a comment: at least so many."""
        line = next((line for line in self if line and not line.startswith("#")), None)
        if line is None:
            raise self.error(f"the file ends where {what} should be")
        words = line.split()
        if len(words) < least:
            raise self.error(f"{what}: {least} numbers were expected, found {line[:60]!r}")
        return words

    def convert(self, to: Callable[[str], Number], words: list[str]) -> list[Number]:
        try:
            return [to(word) for word in words]
        except ValueError as error:
            raise self.error(str(error)) from error


def _real(word: str) -> float:
    """A finite number; Fortran may write its exponent with a D."""
    number = float(word.upper().replace("D", "E"))
    if not math.isfinite(number):
        raise ValueError(f"{word} isn't a finite number")
    return number


def _run(lines: _Lines) -> Run:
    version = next((found[1] for found in map(VERSION.search, lines) if found), None)
    if version is None:
        raise lines.error("no <LesHouchesEvents version=…>: this is no Les Houches event file")
    signed = _preamble(lines)
    words = lines.values("the beams", 10)
    ids, energies = lines.convert(int, words[:2]), lines.convert(_real, words[2:4])
    strategy, count = lines.convert(int, words[8:10])
    if count < 1:
        raise lines.error(f"the number of processes is {count}")
    processes = tuple(_process(lines) for _ in range(count))
    return Run(
        format_version=version,
        generator=_generators(lines) or signed or "unknown",
        beams=(Beam(ids[0], energies[0]), Beam(ids[1], energies[1])),
        weight_strategy=strategy,
        processes=processes,
    )


def _preamble(lines: _Lines) -> str:
    """Go on to <init>, past comments and the header, which may hold anything; who signed there."""
    signed, closing = "", None
    for line in lines:
        signed = signed or _signature(line)
        if closing:
            closing = None if closing in line else closing
        elif line.startswith("<!--"):
            closing = None if "-->" in line else "-->"
        elif line.startswith("<header"):
            closing = None if "</header>" in line else "</header>"
        elif INIT.match(line):
            return signed
        elif EVENT.match(line):
            raise lines.error("an event before <init>")
    raise lines.error("the file ends before <init>")


def _signature(line: str) -> str:
    found = ((pattern.search(line), form) for pattern, form in SIGNATURES)
    return next((form.format(match[1]) for match, form in found if match), "")


def _process(lines: _Lines) -> Process:
    words = lines.values("a process", 4)
    cross_section, error, _largest = lines.convert(_real, words[:3])
    (number,) = lines.convert(int, words[3:4])
    return Process(number, cross_section, error)


def _generators(lines: _Lines) -> str:
    """The <generator> tags in the rest of <init>, read to its end."""
    names: list[str] = []
    for line in lines:
        if line.startswith("</init>"):
            return ", ".join(names)
        if line.startswith("<generator"):
            said = dict(ATTRIBUTE.findall(line.split(">")[0]))
            names.append(" ".join(filter(None, (said.get("name"), said.get("version")))))
    raise lines.error("the file ends inside <init>")


def _events(lines: _Lines) -> Iterator[Event]:
    for line in lines:
        if EVENT.match(line):
            yield _event(lines)
        elif line.startswith("</LesHouchesEvents>"):
            return  # what comes after it is no part of the format
    raise lines.error("the file ends without </LesHouchesEvents>: it was cut short")


def _event(lines: _Lines) -> Event:
    words = lines.values("the first line of an event", 6)
    count, process_id = lines.convert(int, words[:2])
    (weight,) = lines.convert(_real, words[2:3])
    particles = tuple(_particle(lines) for _ in range(count))
    for line in lines:  # weights, comments of the generator, reweighting data
        if line.startswith("</event>"):
            return Event(process_id, weight, particles)
        if EVENT.match(line):
            raise lines.error("an event begins inside another")
    raise lines.error("the file ends inside an event")


def _particle(lines: _Lines) -> Particle:
    words = lines.values("a particle", 13)
    pdg_id, status = lines.convert(int, words[:2])
    px, py, pz, energy, mass = lines.convert(_real, words[6:11])
    return Particle(pdg_id, status, FourVector(energy, px, py, pz), mass)

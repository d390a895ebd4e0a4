"""Stage 2: pass each file of generated events through the detector.

Two things go wrong, as they do: a job that needs more memory than it was given is killed (its
input stays reserved, and the recovery gives it more), and a damaged file can't be read at all.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import zlib
from itertools import islice
from pathlib import Path
from typing import NoReturn

from examples import job
from examples.demo.detector import simulate
from examples.demo.events import Event, encode, read

BASE_MB, EVENTS_PER_MB = 600, 3


class Damaged(Exception):
    """A file whose events can't be read."""


def memory_needed(events: int) -> int:
    """MB that the simulation of a file takes; only pretended, so that the demo is light."""
    return BASE_MB + events // EVENTS_PER_MB


def load(path: Path) -> list[Event]:
    try:
        return read(path)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise Damaged(f"{path.name} can't be read: {error}") from error


def output_name(input_name: str, submission: str) -> str:
    """gen-12-03.jsonl.gz, simulated by submission 15, is sim-15-03.jsonl.gz."""
    return f"sim-{submission}-{input_name.rsplit('-', 1)[1]}"


def die_of_memory() -> NoReturn:
    """End as a batch system ends a job that goes over its memory: at once, without a word."""
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("no process survives SIGKILL")


def main() -> None:
    options = argparse.ArgumentParser(description="Simulate the detector.")
    options.add_argument("--memory", type=int, default=2000, help="MB that the job may use")
    chosen = options.parse_args()
    submission = os.environ["POMS4_SUBMISSION_ID"]

    for file in islice(job.files(), 1):  # -N files makes a job for each
        with file:
            events = load(Path(file.path))
            needed = memory_needed(len(events))
            if needed > chosen.memory:
                print(f"{file.name}: takes {needed} MB of {chosen.memory} MB", file=sys.stderr)
                die_of_memory()
            path = job.output(output_name(file.name, submission))
            path.write_bytes(encode(simulate(events, random.Random(file.name))))
            metadata = {"data_tier": "simulated", "events": len(events)}
            job.declare(path, parents=[file.name], metadata=metadata)
            print(f"{file.name} -> {path.name}: {len(events)} events in {needed} MB")


if __name__ == "__main__":
    main()

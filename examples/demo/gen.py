"""Stage 1: generate events. One job makes one file; three of twelve are hard on those after it.

The story that the demo tells: files 3 and 7 hold so many events that the next stage needs more
memory than it is given at first, and file 11 is damaged.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from examples import job
from examples.demo.events import Event, Muon, encode
from examples.demo.physics import decay, z_boson

LARGE, DAMAGED = frozenset({3, 7}), frozenset({11})
TIMES_LARGER = 2
PATIENCE_SECONDS = 20.0


def generate(events: int, rng: random.Random) -> Iterator[Event]:
    for number in range(events):
        plus, minus = decay(z_boson(rng), rng)
        yield Event(number, (Muon(+1, plus), Muon(-1, minus)))


def content(index: int, events: int, seed: str) -> tuple[bytes, int]:
    """The bytes of file ``index`` of a submission, and how many events were meant to be in it."""
    count = events * TIMES_LARGER if index in LARGE else events
    packed = encode(generate(count, random.Random(f"{seed}-{index}")))
    return (packed[: len(packed) // 2] if index in DAMAGED else packed), count


def wait_for_turn(index: int, folder: Path) -> None:
    """Let the jobs before this one declare their files first, but don't wait for ever.

    Files are cut into slices in the order of their declaration, and the story wants one hard file
    in each slice, however many jobs run at once.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while index and not _declared(index - 1, folder).exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def mark_declared(index: int, folder: Path) -> None:
    _declared(index, folder).touch()


def main() -> None:
    options = argparse.ArgumentParser(description="Generate Z → μμ events.")
    options.add_argument("--events", type=int, default=4000)
    chosen = options.parse_args()
    index, submission = job.index(), os.environ["POMS4_SUBMISSION_ID"]

    packed, events = content(index, chosen.events, seed=submission)
    path = job.output(f"gen-{submission}-{index:02}.jsonl.gz")
    path.write_bytes(packed)
    wait_for_turn(index, path.parent)
    job.declare(path, metadata={"data_tier": "generated", "events": events})
    mark_declared(index, path.parent)
    print(f"{path.name}: {events} events")


def _declared(index: int, folder: Path) -> Path:
    return folder / f".declared-{index:02}"


if __name__ == "__main__":
    main()

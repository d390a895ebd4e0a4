"""``python -m poms_client.testing.lens``: LENS's stand-in as a process of its own."""

from __future__ import annotations

import argparse
import signal
from types import FrameType
from typing import Optional

from poms_client.testing.lens.server import LensServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m poms_client.testing.lens", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    said = parser.parse_args()
    lens = LensServer(said.port, said.delay)
    signal.signal(signal.SIGTERM, _interrupt)
    print(lens.url, flush=True)
    try:
        lens.serve_forever()
    except KeyboardInterrupt:
        return


def _interrupt(number: int, frame: Optional[FrameType]) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()

"""``python -m poms_client.testing.sam``: SAM web's stand-in as a process of its own."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType
from typing import Optional

from poms_client.testing.sam.server import SamServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m poms_client.testing.sam", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder that keeps what it knows")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    said = parser.parse_args()
    sam = SamServer(said.state, said.port, said.delay)
    signal.signal(signal.SIGTERM, _interrupt)
    print(sam.url, flush=True)
    try:
        sam.serve_forever()
    except KeyboardInterrupt:
        sam.close()


def _interrupt(number: int, frame: Optional[FrameType]) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()

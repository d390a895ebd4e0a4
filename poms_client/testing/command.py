"""The command lines of the stand-ins that need a database."""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Optional

from poms_client.testing.people import Person, person_of
from poms_client.testing.stand_in import StandIn


def parser(program: str, description: Optional[str]) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument(
        "--database",
        default=os.environ.get("STAND_IN_DATABASE_URL"),
        help="postgresql://… of a database that only stand-ins use; else $STAND_IN_DATABASE_URL",
    )
    options.add_argument(
        "--people",
        type=Path,
        help='JSON: [{"username": …, "password": …, "token": …, "dns": […], …}, …]',
    )
    options.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    return options


def people_in(file: Optional[Path]) -> list[Person]:
    """Read who may use the service; without a file, ``poms`` with the password ``poms``."""
    if file is None:
        return [Person("poms", "poms")]
    return [person_of(said) for said in json.loads(file.read_text())]


def serve(stand_in: StandIn) -> None:
    """Say the address, and serve until the process is asked to end."""
    signal.signal(signal.SIGTERM, _interrupt)
    print(stand_in.url, flush=True)
    try:
        stand_in.serve_forever()
    except KeyboardInterrupt:
        stand_in.database.close()


def _interrupt(number: int, frame: Optional[FrameType]) -> None:
    raise KeyboardInterrupt

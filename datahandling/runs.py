"""How runs are written: "4321", or with a subrun "4321.0007"."""

import re

WRITTEN = re.compile(r"(?P<run>[0-9]+)(\.(?P<subrun>[0-9]+))?")


def parse_run(text: str | int) -> tuple[int, int | None]:
    """Return run and subrun (None: no subrun is named); ValueError if it is neither."""
    match = WRITTEN.fullmatch(str(text))
    if match is None:
        raise ValueError(f"a run is a number, or run.subrun such as 4321.0007, not {text!r}")
    return int(match["run"]), int(match["subrun"]) if match["subrun"] else None


def format_run(run: int, subrun: int | None) -> str:
    """Write it as ``parse_run`` reads it; ValueError for numbers that no run has."""
    if run < 0 or (subrun or 0) < 0:
        raise ValueError(f"a run is a number from 0, not {run} with subrun {subrun}")
    return str(run) if subrun is None else f"{run}.{subrun:04d}"

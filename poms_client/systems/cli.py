"""``poms find`` and ``poms kill|hold|release``: what batch systems have for a submission."""

from __future__ import annotations

import argparse
import json
import sys

from poms_client import systems
from poms_client.systems.base import Controllable

WHICH = {
    "local": "the local batch, as where neither this nor $POMS_BATCH_SYSTEM says which system",
    "condor": "HTCondor",
    "jobsub": "jobsub_lite",
    "slurm": "Slurm",
}


def system_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--condor`` and its like; else ``$POMS_BATCH_SYSTEM`` says which system is meant."""
    which = parser.add_mutually_exclusive_group()
    for name in systems.SYSTEMS:
        which.add_argument(
            f"--{name}",
            dest="system",
            action="store_const",
            const=name,
            default=systems.default(),
            help=WHICH[name],
        )


def find(arguments: list[str]) -> int:
    """Say what a batch system ever had for a submission. Exit 0 is a clear answer, else none is."""
    parser = argparse.ArgumentParser(prog="poms find", description=find.__doc__)
    system_options(parser)
    parser.add_argument("--tag", type=int, required=True, metavar="SUBMISSION_ID")
    parser.add_argument(
        "--since",
        type=float,
        metavar="TIME",
        help="when the launch began, in seconds since 1970; what ended before isn't looked through",
    )
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args(arguments)
    found = systems.of_name(said.system).find(said.tag, said.since)
    if said.json:
        print(json.dumps({"jobs": [each._asdict() for each in found]}))
    else:
        print("\n".join(each.jobsub_job_id for each in found) or "nothing")
    return 0


def kill(arguments: list[str]) -> int:
    """Remove a submission's jobs."""
    return _control("kill", arguments)


def hold(arguments: list[str]) -> int:
    """Hold a submission's jobs until they are released."""
    return _control("hold", arguments)


def release(arguments: list[str]) -> int:
    """Let held jobs go on."""
    return _control("release", arguments)


def _control(act: str, arguments: list[str]) -> int:
    """Have the system do it, or the local batch, which has more options."""
    from poms_client.batch import cli as batch

    parser = argparse.ArgumentParser(prog=f"poms {act}", add_help=False, allow_abbrev=False)
    system_options(parser)
    said, others = parser.parse_known_args(arguments)
    system = systems.of_name(said.system)
    if not isinstance(system, Controllable):
        return batch.CONTROLS[act](others)
    parser = argparse.ArgumentParser(prog=f"poms {act}", description=globals()[act].__doc__)
    parser.add_argument("--tag", type=int, required=True, metavar="SUBMISSION_ID")
    parser.add_argument("--called", help=argparse.SUPPRESS)  # the agent sees who removed them
    printed = system.control(act, parser.parse_args(others).tag)
    if printed:
        print(printed.strip())
    else:
        print(f"poms {act}: there are no such jobs", file=sys.stderr)
    return 0

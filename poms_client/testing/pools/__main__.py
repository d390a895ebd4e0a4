"""``python -m poms_client.testing.pools``: a batch system by hand, while a command runs."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Callable, Optional

from poms_client.testing.pools import condor, jobsub, slurm, tree


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m poms_client.testing.pools",
        description="Run a command, or a shell, beside a real batch system on loopback.",
    )
    parser.add_argument("what", choices=("build", *SYSTEMS), help="build: HTCondor's files, once")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after --; else a shell")
    said = parser.parse_args()
    if said.what == "build":
        print(tree.build())
        return 0
    missing, started = SYSTEMS[said.what]
    reason = missing()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    command = said.command[1:] if said.command[:1] == ["--"] else said.command
    with started() as path:
        around = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
        return subprocess.run(command or ["/bin/sh"], env=around, check=False).returncode


@contextmanager
def _condor() -> Iterator[str]:
    with condor.running(tree.where()) as pool:
        yield f"{jobsub.install(pool)}:{pool.path}"


@contextmanager
def _slurm() -> Iterator[str]:
    with slurm.running() as node:
        yield str(node.path)


# What is missing for it here, and the folder of its commands while it runs.
System = tuple[Callable[[], Optional[str]], Callable[[], AbstractContextManager[str]]]
SYSTEMS: dict[str, System] = {
    "condor": (condor.missing, _condor),
    "slurm": (slurm.missing, _slurm),
}

if __name__ == "__main__":
    sys.exit(main())

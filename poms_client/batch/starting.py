"""Starting the daemon, detached, when none runs: ``python -m poms_client.batch.starting DIR``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import poms_client
from poms_client.batch.daemon import Daemon
from poms_client.batch.directory import BatchDirectory
from poms_client.batch.place import Place

PATIENCE = 20.0  # seconds for the daemon to come up


def ensure_daemon(directory: BatchDirectory) -> bool:
    """Wake the daemon, starting one where none runs; return False when that doesn't work."""
    if directory.wake():
        return True
    here = str(Path(poms_client.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": here}
    environment.pop("POMS_CRASH_AT", None)
    command = [sys.executable, "-m", __name__, str(directory.root)]
    try:
        started = subprocess.run(
            command,
            check=False,
            env=environment,
            cwd="/",
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return started.returncode == 0


def start_detached(directory: BatchDirectory) -> int:
    """Fork the daemon off into a session of its own; return 0 once there is one."""
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(ready, 1) else 1
    os.close(ready)
    os.setsid()
    _log_to(directory)
    place = Place.take(directory)
    os.write(tell, b".")  # when somebody else was faster, that is as good
    os.close(tell)
    if place is not None:
        Daemon(place).run()
    return 0


def _log_to(directory: BatchDirectory) -> None:
    directory.create()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    log = os.open(directory.root / "daemon.log", flags, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for number, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, number)


if __name__ == "__main__":
    sys.exit(start_detached(BatchDirectory(Path(sys.argv[1]))))

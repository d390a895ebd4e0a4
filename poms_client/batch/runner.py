"""Runs one job: claims it, starts its command, writes how it ended. One process per job.

It belongs to nobody: in a session of its own it outlives the daemon that started it. Two runners of
one job (a daemon killed in between was started again) can't both run it, as the claim is a link.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from poms_client.batch import files
from poms_client.batch.wake import wake
from poms_client.processes import identify, signal_group

CANNOT_START = 127


def run(root: Path, path: Path, order: dict[str, Any]) -> None:
    """Run the job in ``path``; ``order`` has its ``argv``, ``cwd`` and ``environment``."""
    me = identify(os.getpid())
    gate, opener = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(opener)
        _become(gate, path, order)
    os.setpgid(child, child)  # as the child does, whoever is first
    os.close(gate)
    started = time.time()
    claim = {"runner": me, "command": identify(child), "at": started}
    if not files.create(path / "start.json", claim):
        os.close(opener)  # the child finds the gate closed, and ends
        os.waitpid(child, 0)
        return
    wake(root)
    _open(opener)
    _, status = os.waitpid(child, 0)
    signal_group(child, signal.SIGKILL)
    files.write(path / "exit.json", _ending(path, status, started))
    wake(root)


def _open(gate: int) -> None:
    """Let the child go on, unless it was killed since the claim told of it."""
    with suppress(BrokenPipeError):
        os.write(gate, b"go")
    os.close(gate)


def _ending(path: Path, status: int, started: float) -> dict[str, Any]:
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
    removed = (path / "removed").exists()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "state": "removed" if removed else "failed" if code else "completed",
        "code": code,
        "started": started,
        "ended": time.time(),
        "wall": time.time() - started,
        "cpu": used.ru_utime + used.ru_stime,
    }


def _become(gate: int, path: Path, order: dict[str, Any]) -> None:
    """Wait for the claim, then become the command; never returns."""
    try:
        os.setpgid(0, 0)
        if not os.read(gate, 2):
            os._exit(0)
        scratch = path / "scratch"
        scratch.mkdir(exist_ok=True)
        _redirect(path / "stdout", 1)
        _redirect(path / "stderr", 2)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.chdir(order["cwd"] if Path(order["cwd"]).is_dir() else scratch)
        os.execvpe(order["argv"][0], order["argv"], order["environment"])
    except (OSError, ValueError) as error:
        os.write(2, f"poms batch: cannot start {order['argv'][0]}: {error}\n".encode())
    finally:
        os._exit(CANNOT_START)


def _redirect(path: Path, number: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, number)
    os.close(descriptor)


def main(root: Path, cluster: Path, number: int) -> None:
    """Run job ``number`` of the cluster in ``cluster``."""
    said = files.read(cluster / "cluster.json")
    environment = files.read(cluster / "environment.json")
    if said is None or environment is None:
        sys.exit(f"poms batch: {cluster} isn't there any more")
    path = cluster / "jobs" / str(number)
    path.mkdir(parents=True, exist_ok=True)
    of_job = {
        "CLUSTER": str(said["number"]),
        "PROCESS": str(number),
        "JOBSUBJOBID": f"{said['number']}.{number}@local",
        "JOBSUBJOBSECTION": str(number + 1),
        "POMS_JOB_INDEX": str(number),
        "_CONDOR_SCRATCH_DIR": str(path / "scratch"),
    }
    order = {**said, "environment": {**environment, **of_job}}
    run(root, path, order)

"""Which process is which: a pid comes back, a pid with its start time and boot doesn't (Linux)."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple, Optional

PR_SET_PDEATHSIG = 1
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Process(NamedTuple):
    """One process for good: ``started`` is in clock ticks since ``boot``."""

    pid: int
    started: int
    boot: str

    def is_alive(self) -> bool:
        """Tell whether it still runs; a zombie doesn't."""
        return self.boot == boot() and self.started == _start_time(self.pid)


def boot() -> str:
    return BOOT_ID.read_text().strip()


def identify(pid: int) -> Optional[Process]:
    """Return who runs as ``pid`` now, if anybody does."""
    started = _start_time(pid)
    return None if started is None else Process(pid, started, boot())


def _start_time(pid: int) -> Optional[int]:
    """Read field 22 of proc(5)'s ``stat``; the command's name before it may hold anything."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; return False when it is gone."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def die_with_parent() -> None:
    """Have the kernel SIGKILL this process when its parent (thread) ends."""
    import ctypes

    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)

"""Waking the daemon through a fifo, which also tells whether there is one."""

from __future__ import annotations

import os
from pathlib import Path


def wake(root: Path) -> bool:
    """Have the daemon look at once; return False when none is running.

    Opening a fifo for writing fails while nobody reads it, and the kernel closes it for the dead.
    """
    try:
        fifo = os.open(root / "wake", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        os.write(fifo, b".")
    except BlockingIOError:
        pass  # full: it has been told often enough
    except BrokenPipeError:
        return False  # it ended just now
    finally:
        os.close(fifo)
    return True

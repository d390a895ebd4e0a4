"""Runs one submit command, and lets nothing of it outlive the wrapper or the leave.

``python guard.py FD SECONDS COMMAND …``: FD is the reading end of a pipe that the wrapper holds
open. When the wrapper is gone, however it ended, or the time is over, the whole process group is
killed: a submit command may have started others.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

LOOK_EVERY = 0.02  # seconds; the command's end is not announced by the pipe
TOO_LATE = 124  # as timeout(1) says it


def main(pipe: int, seconds: float, command: list[str]) -> int:
    end = time.clock_gettime(time.CLOCK_BOOTTIME) + seconds
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while child.poll() is None:
        gone, _, _ = select.select([pipe], [], [], LOOK_EVERY)
        if gone or time.clock_gettime(time.CLOCK_BOOTTIME) > end:
            os.killpg(0, signal.SIGKILL)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

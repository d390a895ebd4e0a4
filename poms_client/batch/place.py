"""The place of the only daemon of a directory: its lock, its fifo, and giving both up safely."""

from __future__ import annotations

import fcntl
import os
import select
from contextlib import suppress
from typing import Callable, Optional

from poms_client.batch.directory import BatchDirectory


class Place:
    """Held by one process; the kernel gives it up for the dead."""

    def __init__(self, directory: BatchDirectory, lock: int) -> None:
        self.directory = directory
        self._lock = lock
        self._identity = _identity(directory)
        with suppress(FileExistsError):
            os.mkfifo(directory.root / "wake", 0o600)
        # for writing too, so that it never reads as ended
        self._fifo = os.open(directory.root / "wake", os.O_RDWR | os.O_NONBLOCK)

    @classmethod
    def take(cls, directory: BatchDirectory) -> Optional[Place]:
        """Return the directory's place, or None when a daemon has it."""
        directory.create()
        lock = os.open(directory.root / "daemon.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return cls(directory, lock)

    def is_there(self) -> bool:
        """Tell whether the directory is still the one that was taken."""
        return _identity(self.directory) == self._identity

    def wait(self, seconds: float) -> None:
        """Sleep until somebody wakes the daemon, for at most so long."""
        ready, _, _ = select.select([self._fifo], [], [], seconds)
        if ready:
            os.read(self._fifo, 65536)

    def leave(self, unless: Callable[[], bool]) -> bool:
        """Give the place up unless something came in; nobody can submit between the two."""
        with self.directory.locked():
            if unless():
                return False
            os.close(self._fifo)
            os.close(self._lock)
        return True


def _identity(directory: BatchDirectory) -> Optional[tuple[int, int]]:
    try:
        stat = directory.root.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino

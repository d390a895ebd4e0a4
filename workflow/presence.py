"""Processes that do passes say when they have done one, for ``/healthz``."""

import os
import socket
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from workflow.models import Worker

TOLD_EVERY = 5.0  # seconds: a loop does passes faster than anybody asks
FORGOTTEN_AFTER = timedelta(days=1)  # on hosts that nobody works on any more
STARTED = 19  # field of /proc/PID/stat, counted behind the program's name: clock ticks since boot


class Presence:
    """This process, as others see it."""

    def __init__(self) -> None:
        self.host = socket.gethostname()
        self.pid = os.getpid()
        self.told = -TOLD_EVERY

    def passed(self) -> None:
        """Say that a pass has ended; forget those that can't say so any more."""
        if time.monotonic() < self.told + TOLD_EVERY:
            return
        now = timezone.now()
        Worker.objects.update_or_create(
            host=self.host,
            pid=self.pid,
            defaults={"started": started(self.pid) or 0, "passed_at": now},
        )
        Worker.objects.filter(passed_at__lt=now - FORGOTTEN_AFTER).delete()
        self._forget_the_dead()
        self.told = time.monotonic()

    def leave(self) -> None:
        """Say that this process does no more passes."""
        Worker.objects.filter(host=self.host, pid=self.pid).delete()

    def _forget_the_dead(self) -> None:
        here = Worker.objects.filter(host=self.host).exclude(pid=self.pid)
        dead = [worker.pk for worker in here if started(worker.pid) != worker.started]
        Worker.objects.filter(pk__in=dead).delete()


def started(pid: int) -> int | None:
    """Return when a process of this machine was started, in clock ticks; None when it is gone."""
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[STARTED])
    return None

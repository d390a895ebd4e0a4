"""How many requests a service gets at the same time, from all processes together.

Each of the ``at_once`` slots is an advisory lock of PostgreSQL, held by whoever asks
in its session: it costs no write, and a process that dies gives its slots back at once.
A process has no more of its threads look for one than it may have slots; the others wait in line.
"""

import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil

from django.db import connection

from datahandling.errors import Unknown
from datahandling.patience import at_the_latest, require_time
from datahandling.services import Service

LOOK_AGAIN = 0.02  # seconds
# Filtered row by row as they are made, so the first free slot is the only one taken.
TAKE = "SELECT n FROM generate_series(0, %s) AS n WHERE pg_try_advisory_lock(%s, n) LIMIT 1"
GIVE_BACK = "SELECT pg_advisory_unlock(%s, %s)"


@contextmanager
def slot(service: Service) -> Iterator[None]:
    """Hold one of the service's slots, waiting for it as long as for an answer.

    Raises:
        Unknown: all of them are in use, and stay so.
    """
    key = _key(service)
    give_up = at_the_latest(time.monotonic() + service.read_timeout.total_seconds())
    turn = _turns_of(key, service)
    if not turn.acquire(timeout=max(0, give_up - time.monotonic())):
        raise _busy(service)
    try:
        number = _take(service, key, give_up)
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(GIVE_BACK, [key, number])
    finally:
        turn.release()


@contextmanager
def shared_by(processes: int) -> Iterator[None]:
    """Have this process, one of so many that ask the same, use only its part of the slots."""
    token = _processes.set(processes)
    try:
        yield
    finally:
        _processes.reset(token)


_processes: ContextVar[int] = ContextVar("processes that share the slots", default=1)
_turns: dict[tuple[int, int], threading.BoundedSemaphore] = {}
os.register_at_fork(after_in_child=_turns.clear)


def _turns_of(key: int, service: Service) -> threading.BoundedSemaphore:
    part = ceil(service.at_once / _processes.get())
    return _turns.setdefault((key, part), threading.BoundedSemaphore(part))


def _take(service: Service, key: int, give_up: float) -> int:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [service.at_once - 1, key])
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        if time.monotonic() >= give_up:
            raise _busy(service)
        time.sleep(LOOK_AGAIN)


def _busy(service: Service) -> Unknown:
    require_time()
    return Unknown(f"{service} is busy: {service.at_once} questions are asked already")


def _key(service: Service) -> int:
    """Return the service's number among advisory locks: 32 bits, signed."""
    unsigned = zlib.crc32(f"poms asks {service}".encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned

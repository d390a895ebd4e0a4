"""How many requests a service gets at the same time, from all processes together.

Each of the ``at_once`` slots is an advisory lock of PostgreSQL, held by whoever asks
in its session: it costs no write, and a process that dies gives its slots back at once.
"""

import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

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
    kept: dict[int, int] | None = getattr(_mine, "slots", None)
    if kept is not None:
        if key not in kept:
            kept[key] = _take(service, key)
        yield
        return
    number = _take(service, key)
    try:
        yield
    finally:
        _give_back(key, number)


@contextmanager
def keeping_slots() -> Iterator[None]:
    """Have this thread keep the slots that it takes in here: it asks several questions in a row."""
    _mine.slots = {}
    try:
        yield
    finally:
        kept, _mine.slots = _mine.slots, None
        for key, number in kept.items():
            _give_back(key, number)


_mine = threading.local()


def _give_back(key: int, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [key, number])


def _take(service: Service, key: int) -> int:
    give_up = at_the_latest(time.monotonic() + service.read_timeout.total_seconds())
    while True:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [service.at_once - 1, key])
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        if time.monotonic() >= give_up:
            require_time()
            raise Unknown(f"{service} is busy: {service.at_once} questions are asked already")
        time.sleep(LOOK_AGAIN)


def _key(service: Service) -> int:
    """Return the service's number among advisory locks: 32 bits, signed."""
    unsigned = zlib.crc32(f"poms asks {service}".encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned

"""How many requests a service gets at the same time, from all processes together.

Each of the ``at_once`` slots is an advisory lock of PostgreSQL, held by whoever asks
in its session: it costs no write, and a process that dies gives its slots back at once.
Threads that ask much take turns with slots that they have in common.
"""

import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NoReturn

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from datahandling.errors import Unknown
from datahandling.patience import at_the_latest, require_time
from datahandling.services import Service

LOOK_AGAIN = 0.02  # seconds
OTHERS_TURN = 0.25  # seconds: so often threads with slots in common leave one to others
# Filtered row by row as they are made, so the first free slot is the only one taken. What a session
# holds it would get again.
TAKE = """
    SELECT n FROM generate_series(0, %s) AS n
    WHERE CASE WHEN n = ANY(%s) THEN false ELSE pg_try_advisory_lock(%s, n) END LIMIT 1
"""
GIVE_BACK = "SELECT pg_advisory_unlock(%s, %s)"


@contextmanager
def slot(service: Service) -> Iterator[None]:
    """Hold one of the service's slots, waiting for it as long as for an answer.

    Raises:
        Unknown: all of them are in use, and stay so.
    """
    common: Slots | None = getattr(_mine, "slots", None)
    take, give_back = (_take, _give_back) if common is None else (common.take, common.give_back)
    key = _key(service)
    number = take(service, key)
    try:
        yield
    finally:
        give_back(key, number)


class Slots:
    """What threads of this process have in common, in a session of its own: ``most`` of a service.

    There may be more of these threads than slots: one that thinks leaves its slot to the next. From
    time to time a slot is anybody's for a moment, so that no other process waits until all is done.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._session: BaseDatabaseWrapper | None = None
        self._lock = threading.Lock()
        self._changed = defaultdict[int, threading.Condition](
            partial(threading.Condition, self._lock)
        )
        self._held: defaultdict[int, set[int]] = defaultdict(set)
        self._free: defaultdict[int, list[int]] = defaultdict(list)
        self.others_turn = time.monotonic() + OTHERS_TURN
        self._own_turn = time.monotonic()

    @contextmanager
    def in_common(self) -> Iterator[None]:
        """Have this thread take its slots from here."""
        _mine.slots = self
        try:
            yield
        finally:
            _mine.slots = None

    def take(self, service: Service, key: int) -> int:
        give_up = _give_up(service)
        with self._lock:
            while True:
                if self._free[key]:
                    return self._free[key].pop()
                if (number := self._one_more(service, key)) is not None:
                    return number
                if (left := give_up - time.monotonic()) <= 0:
                    _is_busy(service)
                self._changed[key].wait(left if self._has_all(key) else LOOK_AGAIN)

    def _has_all(self, key: int) -> bool:
        return len(self._held[key]) >= self._most

    def _one_more(self, service: Service, key: int) -> int | None:
        if self._has_all(key) or time.monotonic() < self._own_turn:
            return None
        number = _try_to_take(service, key, self._connection(), self._held[key])
        if number is None:
            self._own_turn = time.monotonic() + LOOK_AGAIN
        else:
            self._held[key].add(number)
        return number

    def give_back(self, key: int, number: int) -> None:
        with self._lock:
            now = time.monotonic()
            if now >= self.others_turn:
                self.others_turn, self._own_turn = now + OTHERS_TURN, now + 2 * LOOK_AGAIN
                self._leave(key, number)
                self._changed[key].notify_all()  # one that is told may give up before it has one
            else:
                self._free[key].append(number)
                self._changed[key].notify()

    def leave(self) -> None:
        """Leave those that nobody uses to everybody."""
        with self._lock:
            for key, free in self._free.items():
                while free:
                    self._leave(key, free.pop())

    def _leave(self, key: int, number: int) -> None:
        self._held[key].discard(number)
        _give_back(key, number, self._connection())

    def _connection(self) -> BaseDatabaseWrapper:
        if self._session is None:
            self._session = connections.create_connection(connection.alias)
            self._session.inc_thread_sharing()
        return self._session

    def close(self) -> None:
        """End the session, and with it whatever is held."""
        if self._session is not None:
            self._session.close()


_mine = threading.local()


def _take(service: Service, key: int) -> int:
    give_up = _give_up(service)
    while (number := _try_to_take(service, key)) is None:
        if time.monotonic() >= give_up:
            _is_busy(service)
        time.sleep(LOOK_AGAIN)
    return number


def _try_to_take(
    service: Service,
    key: int,
    session: BaseDatabaseWrapper = connection,
    held: Collection[int] = (),
) -> int | None:
    with session.cursor() as cursor:
        cursor.execute(TAKE, [service.at_once - 1, list(held), key])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _give_back(key: int, number: int, session: BaseDatabaseWrapper = connection) -> None:
    with session.cursor() as cursor:
        cursor.execute(GIVE_BACK, [key, number])


def _give_up(service: Service) -> float:
    return at_the_latest(time.monotonic() + service.read_timeout.total_seconds())


def _is_busy(service: Service) -> NoReturn:
    require_time()
    raise Unknown(f"{service} is busy: {service.at_once} questions are asked already")


def _key(service: Service) -> int:
    """Return the service's number among advisory locks: 32 bits, signed."""
    unsigned = zlib.crc32(f"poms asks {service}".encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned

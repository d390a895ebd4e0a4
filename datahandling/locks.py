"""Work that one process at a time does, however long a service outside takes over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from datahandling.errors import Unknown

TAKE = "SELECT pg_try_advisory_lock(%s)"
GIVE_BACK = "SELECT pg_advisory_unlock(%s)"


@contextmanager
def only_one(key: UUID, what: str) -> Iterator[None]:
    """Hold an advisory lock of the session, so that no transaction stays open meanwhile.

    A process that dies gives it back at once. Who lost its connection has lost the lock without
    notice, so what is written in the end must be compared all the same.

    Raises:
        Unknown: somebody else holds it, and is at ``what``.
    """
    number = key.int % (1 << 63)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [number])
        if not cursor.fetchone()[0]:
            raise Unknown(f"another process is at it: {what}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, [number])

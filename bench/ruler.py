"""What something costs: statements to the database, and the best time of several tries."""

import time
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Cost:
    """``seconds`` is of the fastest try, which the machine's other work disturbed least."""

    queries: int
    seconds: float

    def __str__(self):
        return f"{self.queries} queries, {1000 * self.seconds:.1f} ms"

    def times(self, other):
        """Say how much longer this took than ``other``."""
        return f"× {self.seconds / other.seconds:.2f}"


def cost(do, tries=7):
    """Do it once to count its statements, and ``tries`` times more to take the time."""
    do()  # what is read once per process is read now
    with CaptureQueriesContext(connection) as queries:
        do()
    return Cost(len(queries), min(seconds(do) for _ in range(tries)))


def seconds(do):
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def analyse():
    """Let the database know its tables, as autovacuum does where a server isn't a test's."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

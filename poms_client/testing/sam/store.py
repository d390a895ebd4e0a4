"""What one experiment's SAM knows, in an SQLite file that outlives it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.evaluation import MOST_TERMS, evaluated

SCHEMA = Path(__file__).with_name("schema.sql")
Row = sqlite3.Row


class Store:
    """The tables, for all threads of a process: one at a time is in it.

    :param path: of the file; None keeps everything in memory.
    :param query_limit: how many dimensions a query may have, with those of the definitions in it.
    """

    def __init__(self, path: Optional[Path] = None, query_limit: int = MOST_TERMS) -> None:
        self.query_limit = query_limit
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            str(path or ":memory:"), isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(SCHEMA.read_text())

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing of what is written in the block."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Optional[Row]:
        return next(iter(self.rows(sql, *values)), None)

    def value(self, sql: str, *values: Any) -> Any:
        """The first value of the first row; None where there is no row."""
        row = self.row(sql, *values)
        return None if row is None else row[0]

    def write(self, sql: str, *values: Any) -> int:
        """Return the id of the row that was inserted, where one was."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        with self._lock:
            self._connection.executemany(sql, values)

    # Queries of dimensions; all raise DimensionError

    def count(self, dims: str) -> int:
        return int(self.select("count(*)", dims)[0][0])

    def names(self, dims: str) -> list[str]:
        """The names of a query's files, in the order in which they were declared."""
        return [row[0] for row in self.select("f.name", dims, "order by f.id")]

    def select(self, columns: str, dims: str, order: str = "") -> list[Row]:
        """``columns`` of the files ``f`` that the query has."""
        with _query_limit():
            found = evaluated(dims, self, self.query_limit).selected(columns, order)
            return self.rows(found.text, *found.values)

    # What queries may name

    def dims_of(self, name: str) -> Optional[str]:
        dims: Optional[str] = self.value("select dims from definitions where name = ?", name)
        return dims

    def name_of_definition(self, number: str) -> Optional[str]:
        name: Optional[str] = self.value("select name from definitions where id = ?", number)
        return name

    def has_snapshot(self, number: str) -> bool:
        return self.row("select 1 from snapshots where id = ?", number) is not None

    def has_project(self, name: str) -> bool:
        return self.row("select 1 from projects where name = ?", name) is not None


@contextmanager
def _query_limit() -> Iterator[None]:
    """Queries that are too much for SQLite are so in SAM's words."""
    try:
        yield
    except (sqlite3.OperationalError, RecursionError) as error:
        raise DimensionError(f"The query exceeds the query limit ({error})") from error


def now() -> float:
    return time.time()


def shown_time(seconds: Optional[float]) -> Optional[str]:
    """A time as SAM writes it, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()

"""The engines of MetaCat and Data Dispatcher, out of the wheels of their clients.

The wheels carry all but the HTTP layer: the query language, the database layer, the handles and
their reservation, the tokens. They want one module that isn't published, ``wsdbtools``, and
PostgreSQL with schemas of fixed names, so a stand-in has a database of its own (``new_database``).
"""

from __future__ import annotations

import re
import secrets
import sys
import types
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, parse_dsn


class ConnectionPool:
    """What the engines use of ``wsdbtools``."""

    def __init__(self, postgres: str, **options: object) -> None:
        self._address = postgres

    def connect(self) -> Any:
        """Open a connection; the engines say ``begin`` and ``commit`` themselves."""
        connection = psycopg2.connect(self._address)
        connection.autocommit = True
        return connection


def _stand_in() -> None:
    module = types.ModuleType("wsdbtools")
    module.ConnectionPool = ConnectionPool  # type: ignore[attr-defined]
    sys.modules.setdefault("wsdbtools", module)


_stand_in()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of their regular expressions
    import data_dispatcher.db
    import metacat.db
    import metacat.mql
    from data_dispatcher.query import query as project_query
    from metacat.auth import AuthenticationCore
    from metacat.common import ConnectionWithTransactions

data_dispatcher.db.print = lambda *words: None  # it prints each handle that it describes

__all__ = [
    "AuthenticationCore",
    "Database",
    "data_dispatcher",
    "metacat",
    "metacat_tables",
    "new_database",
    "project_query",
]


class Database:
    """A database that belongs to stand-ins.

    :param url: ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._idle: defaultdict[str, list[Any]] = defaultdict(list)

    @property
    def parts(self) -> dict[str, Any]:
        """Its address as upstream's configuration says it: host, port, dbname, user, password."""
        return {"host": "localhost", "port": 5432, **parse_dsn(self.url)}

    @contextmanager
    def connection(self, schemas: str) -> Iterator[Any]:
        """Lend the engines a connection whose tables are those of ``schemas``."""
        idle = self._idle[schemas]
        try:
            raw = idle.pop()
        except IndexError:
            raw = self._connect(schemas)
        try:
            yield ConnectionWithTransactions(raw)
            with raw.cursor() as cursor:
                if raw.info.transaction_status != TRANSACTION_STATUS_IDLE:
                    cursor.execute("commit")
                cursor.execute("discard temp")
        except BaseException:
            raw.close()
            raise
        idle.append(raw)

    @contextmanager
    def alone(self, about: str) -> Iterator[None]:
        """Keep other stand-ins on this database from doing the same thing meanwhile."""
        with closing(psycopg2.connect(self.url)) as raw, raw, raw.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (about,))
            yield

    def _connect(self, schemas: str) -> Any:
        raw = ConnectionPool(self.url).connect()
        with raw.cursor() as cursor:
            cursor.execute(f"set search_path to {schemas}")
        return raw

    def close(self) -> None:
        """Close the connections that nobody has."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def make(self, schema: str, ddl: str) -> None:
        """Make the schema and its tables, unless it is there."""
        with closing(psycopg2.connect(self.url)) as raw, raw, raw.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (schema,))
            cursor.execute("select 1 from pg_namespace where nspname = %s", (schema,))
            if cursor.fetchone() is None:
                cursor.execute(f"create schema {schema}; set search_path to {schema}; {ddl}")


def metacat_tables() -> str:
    """Return upstream's DDL, without the grants to accounts that we don't have and its typo."""
    ddl = (resources.files("metacat") / "db" / "schema.sql").read_text()
    return re.sub(r",\s*\)\s*;", ");", re.sub(r"(?m)^grant .*$", "", ddl))


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Make a database on the PostgreSQL server of this URL, and drop it at the end."""
    name = f"stand_in_{secrets.token_hex(6)}"
    parts = urlsplit(server)
    with closing(ConnectionPool(server).connect()) as raw, raw.cursor() as cursor:
        cursor.execute(f"create database {name}")
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            cursor.execute(f"drop database {name} with (force)")

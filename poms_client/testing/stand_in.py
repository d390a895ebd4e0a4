"""A service in this process: its tables in a database, its application behind a port."""

from __future__ import annotations

from collections.abc import Sequence
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Optional, TypeVar

from poms_client.testing.engine import Database, metacat_tables
from poms_client.testing.faults import Faults
from poms_client.testing.login import SECRET, Login
from poms_client.testing.people import Person
from poms_client.testing.server import Server
from poms_client.testing.tls import telling_subjects

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Self = TypeVar("Self", bound="StandIn")


class StandIn:
    """What both services have: users, tokens, faults; serves while the ``with`` lasts.

    Its classes say ``schemas``, where the engine looks for tables, and ``roots``, the tables that
    all others but those of the users belong to.

    :param database_url: ``postgresql://…``, of a database that only stand-ins use.
    :param port: 0 for any that is free.
    :param delay: seconds that each answer waits.
    :param tls: to be served by HTTPS, where a certificate can open it; see ``tls``.
    """

    schemas: str
    roots: tuple[str, ...]

    def __init__(
        self,
        database_url: str,
        people: Sequence[Person] = (),
        port: int = 0,
        *,
        delay: float = 0.0,
        secret: str = SECRET,
        tls: Optional[SSLContext] = None,
    ) -> None:
        self.database = Database(database_url)
        self.database.make("metacat", metacat_tables())
        self.make_tables()
        self.login = Login(self.database, people, secret)
        application = self.application()
        self.faults = Faults(telling_subjects(application) if tls else application, delay)
        self._server = Server(self.faults, port, tls)
        self.port = self._server.port
        self.url = self._server.url

    def make_tables(self) -> None:
        """Make those that this service has besides MetaCat's, where users are."""

    def application(self) -> WSGIApplication:
        raise NotImplementedError

    def token(self, username: str, seconds: Optional[float] = None) -> str:
        """Return a token as the service gives it at a login; it may have run out."""
        return (
            self.login.token(username) if seconds is None else self.login.token(username, seconds)
        )

    def forget(self) -> None:
        """Empty its tables, but for the users, and take faults and the log away."""
        with self.database.connection(self.schemas) as db:
            db.cursor().execute(f"truncate {', '.join(self.roots)} restart identity cascade")
        self.faults.clear()
        self.faults.log.clear()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        self.database.close()

    def serve_forever(self) -> None:
        """Serve in this thread, until it is interrupted."""
        self._server.serve_forever()

    def __enter__(self: Self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()

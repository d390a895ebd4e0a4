"""The endpoints of Data Dispatcher 2.0, its daemon, and a server for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Optional

from werkzeug.wrappers import Response

from poms_client.testing import login
from poms_client.testing.dispatcher import handles, projects, rses
from poms_client.testing.dispatcher.daemon import Daemon, Ticked
from poms_client.testing.engine import data_dispatcher
from poms_client.testing.people import Person
from poms_client.testing.stand_in import StandIn
from poms_client.testing.web import Call, Service, text

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

VERSION = "2.0.3"
SCHEMA = "data_dispatcher"


def version(call: Call) -> Response:
    return text(VERSION)


def probe(call: Call) -> Response:
    return text("OK")


ENDPOINTS = {
    "/version": version,
    "/probe": probe,
    **login.ENDPOINTS,
    **projects.ENDPOINTS,
    **handles.ENDPOINTS,
    **rses.ENDPOINTS,
}


class DispatcherServer(StandIn):
    """Data Dispatcher behind a port of this machine.

    :param daemon_every: seconds between the daemon's rounds; None for none but ``tick()``.
    """

    schemas = f"{SCHEMA}, metacat"
    roots = ("projects", "rses")

    def __init__(
        self,
        database_url: str,
        people: Sequence[Person] = (),
        port: int = 0,
        *,
        daemon_every: Optional[float] = None,
        **options: Any,
    ) -> None:
        super().__init__(database_url, people, port, **options)
        self.daemon = Daemon(self.database, self.schemas)
        self._daemon_every = daemon_every

    def make_tables(self) -> None:
        folder = resources.files("poms_client.testing.dispatcher")
        self.database.make(SCHEMA, (folder / "schema.sql").read_text())

    def application(self) -> WSGIApplication:
        return Service(self.schemas, self.database, self.login, ENDPOINTS)

    def tick(self) -> Ticked:
        """Do what the daemon does in one round."""
        return self.daemon.tick()

    def locate(self, urls: Mapping[str, str], rse: str = "LOCAL") -> None:
        """Say where files are: ``{"ns:name": "file:///…"}``, on an RSE that is made if need be.

        The next round of the daemon finds them there.
        """
        with self.database.connection(self.schemas) as db:
            data_dispatcher.db.DBRSE.create(db, rse, is_enabled=True, is_available=True)
            for did, url in urls.items():
                db.cursor().execute(
                    "insert into locations values (%s, %s, %s, %s)"
                    " on conflict (namespace, name, rse) do update set url = excluded.url",
                    (*did.split(":", 1), rse, url),
                )

    def start(self) -> None:
        super().start()
        if self._daemon_every is not None:
            self.daemon.start(self._daemon_every)

    def stop(self) -> None:
        self.daemon.stop()
        super().stop()

"""The endpoints of Data Dispatcher 2.0, its daemon, and a server for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Optional

from werkzeug.wrappers import Response

from poms_client.testing import login
from poms_client.testing.dispatcher import handles, projects, rses, rucio
from poms_client.testing.dispatcher.daemon import Daemon, Ticked
from poms_client.testing.people import Person
from poms_client.testing.stand_in import StandIn
from poms_client.testing.web import Call, Endpoint, Service, text

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
    **rucio.ENDPOINTS,
}
MAKE_PROJECTS = ("/create_project", "/copy_project")


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
        made = {path: self._then_look(ENDPOINTS[path]) for path in MAKE_PROJECTS}
        return Service(self.schemas, self.database, self.login, {**ENDPOINTS, **made})

    def _then_look(self, endpoint: Endpoint) -> Endpoint:
        """Let the daemon look for the files of a project that is made."""

        def look(call: Call) -> Response:
            response = endpoint(call)
            self.daemon.wake()
            return response

        return look

    def tick(self) -> Ticked:
        """Do what the daemon does in one round."""
        return self.daemon.tick()

    def locate(self, urls: Mapping[str, str], rse: str = rucio.RSE) -> None:
        """Say where files are: ``{"ns:name": "file:///…"}``, on an RSE that is made if need be.

        The next round of the daemon finds them there.
        """
        with self.database.connection(self.schemas) as db:
            rucio.locate(db, urls, rse)

    def start(self) -> None:
        super().start()
        if self._daemon_every is not None:
            self.daemon.start(self._daemon_every)

    def stop(self) -> None:
        self.daemon.stop()
        super().stop()

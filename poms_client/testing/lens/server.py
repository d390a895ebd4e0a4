"""The stand-in as a server: ``POST /lens/query``; ``PUT /_submissions`` says what it knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional

from poms_client.testing.faults import Faults
from poms_client.testing.lens.graphql import SyntaxProblem, parse
from poms_client.testing.lens.landscape import Landscape, Seen
from poms_client.testing.server import Server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class LensServer:
    """LENS on a loopback port while the ``with`` lasts.

    ::

        with LensServer() as lens:
            lens.landscape.put(Seen("8.0@jobsub01", 1234, running=3))

    :param delay: seconds before each answer.
    """

    def __init__(self, port: int = 0, delay: float = 0.0) -> None:
        self.landscape = Landscape()
        self.faults = Faults(application_of(self.landscape), delay)
        self._server = Server(self.faults, port)
        self.url = self._server.url

    def serve_forever(self) -> None:
        """Serve in this thread, until it is interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> LensServer:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._server.stop()


def application_of(landscape: Landscape) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if asked not in ENDPOINTS:
            return _answer(start, "404 Not Found", {"detail": "POST /lens/query"})
        try:
            body = json.loads(environ["wsgi.input"].read())
            return _answer(start, "200 OK", ENDPOINTS[asked](landscape, body))
        except (SyntaxProblem, ValueError, TypeError, KeyError) as error:
            return _answer(start, "400 Bad Request", {"errors": [{"message": str(error)}]})

    return application


def _query(landscape: Landscape, body: Any) -> dict[str, Any]:
    return landscape.answer(parse(body["query"]))


def _put(landscape: Landscape, body: Any) -> dict[str, Any]:
    landscape.put(*(Seen(**said) for said in body))
    return {"submissions": len(body)}


ENDPOINTS = {("POST", "/lens/query"): _query, ("PUT", "/_submissions"): _put}


def _answer(start: StartResponse, status: str, content: object) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]

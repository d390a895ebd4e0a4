"""SAM web as a WSGI application: several experiments, and the registry of services at the root."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from poms_client.testing.sam import definitions_api, files_api, projects_api
from poms_client.testing.sam.errors import HTTPNotFound, SamError
from poms_client.testing.sam.experiments import Experiments
from poms_client.testing.sam.requests import Answer, Request, Route, listed, read

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

API = re.compile("/sam/(?P<experiment>[a-z0-9_-]+)(?:/dev)?/api(?P<path>/.*)")
ROUTES = (*files_api.ROUTES, *definitions_api.ROUTES, *projects_api.ROUTES)


class SamApplication:
    """``registry`` and ``fts`` are what a test or a site puts there: see section "FTS" below.

    ``registry`` is the list of ``/sam_web_registry/``; ``fts[name]`` what the file transfer service
    of that name says at ``/fts/<name>/status``. ``PUT`` of either puts another in its place.
    """

    def __init__(self, experiments: Experiments) -> None:
        self.experiments = experiments
        self.registry: list[dict[str, Any]] = []
        self.fts: dict[str, dict[str, Any]] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = read(environ)
        try:
            answer = self._answer(request)
        except SamError as error:
            told = {"error": type(error).__name__, "message": str(error)}
            answer = Answer(told, error.status)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start(status, [("Content-Type", answer.type), *answer.headers.items()])
        return [answer.body]

    def _answer(self, request: Request) -> Answer:
        if request.path == "/sam_web_registry/":
            return self._registry(request)
        if found := re.fullmatch("/fts/([^/]+)/status", request.path):
            return self._transfers(request, found[1])
        found = API.fullmatch(request.path)
        if found is None:
            raise HTTPNotFound(f"There is nothing at {request.path}")
        route, words = _route(request.method, found["path"])
        return route.act(self.experiments.store(found["experiment"]), request, *words)

    def _registry(self, request: Request) -> Answer:
        if request.method == "PUT":
            self.registry = request.json()
        return listed(request, self.registry)

    def _transfers(self, request: Request, name: str) -> Answer:
        if request.method == "PUT":
            self.fts[name] = request.json()
        if name not in self.fts:
            raise HTTPNotFound(f"There is no file transfer service {name}")
        return Answer(self.fts[name])


def _route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    for route in ROUTES:
        found = re.fullmatch(route.path, path) if route.method == method else None
        if found is not None:
            return route, found.groups()
    raise HTTPNotFound(f"There is nothing at {method} {path}")

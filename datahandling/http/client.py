"""Asking a service: each question has a bounded time, and is asked again where that is safe."""

import json as jsonlib
import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog

from datahandling.errors import Unknown
from datahandling.http.answers import Answer, excerpt
from datahandling.http.breaker import leave_to_ask
from datahandling.http.budget import slot
from datahandling.http.credentials import credentials_for
from datahandling.http.transport import Failure, Reply, Request, send
from datahandling.patience import at_the_latest, require_time
from datahandling.services import Service

log = structlog.get_logger("poms.http")

OK = (200,)
TRIES = 3
FIRST_WAIT = 0.1  # seconds, doubled each time; up to half of it is left out, by chance
MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that another try may mend

Params = Mapping[str, Any] | Collection[tuple[str, Any]]


@dataclass(frozen=True)
class Client:
    """One service's HTTP interface. ``url`` is a whole address, or a path below the service's.

    ``ok`` are the statuses that are clear answers to this question. Any other one, and everything
    else that may go wrong, raises Unknown. A question takes at most the service's connect and read
    time-outs together, however often it is tried, and no longer than somebody waits for it.
    """

    service: Service
    anyway: bool = False

    def get(self, url: str, params: Params | None = None, **how: Any) -> Answer:
        return self.ask("GET", url, params=params, **how)

    def post(self, url: str, **how: Any) -> Answer:
        return self.ask("POST", url, **how)

    def put(self, url: str, **how: Any) -> Answer:
        return self.ask("PUT", url, **how)

    def delete(self, url: str, **how: Any) -> Answer:
        return self.ask("DELETE", url, **how)

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        form: Params | None = None,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        ok: Collection[int] = OK,
        idempotent: bool | None = None,
        time_out: timedelta | None = None,
    ) -> Answer:
        """Ask, and return a clear answer; at most one of ``form``, ``json`` and ``text`` is sent.

        Args:
            idempotent: doing it twice is the same as once, so it may be tried again. Without
                saying so, only GET is.
            time_out: instead of the service's read time-out.

        Raises:
            Unknown: says who didn't answer what, and why.
        """
        body, kind = _body(form, json, text)
        sent = {"Accept": "*/*", **kind, **(headers or {})}
        address = _address(self.service.url, url, params)
        shown = credentials_for(self.service, address, sent)
        request = Request(method, address, shown.headers, body, shown.certificate)
        again = method == "GET" if idempotent is None else idempotent
        return self._answer(request, ok, TRIES if again else 1, time_out)

    def _answer(
        self, request: Request, ok: Collection[int], tries: int, time_out: timedelta | None
    ) -> Answer:
        require_time()
        leave = leave_to_ask(self.service, _server(request.url), anyway=self.anyway)
        allowed = self.service.connect_timeout + (time_out or self.service.read_timeout)
        with slot(self.service):
            deadline = at_the_latest(time.monotonic() + allowed.total_seconds())
            try:
                reply = _try(self.service, request, ok, tries, deadline)
            except Failure as error:
                require_time()  # who asks gave up: the server isn't to blame
                leave.failed(str(error))
                raise self._unknown(request, str(error)) from error
        if reply.status not in ok:
            leave.made_no_sense(f"{self._asked(request)} was answered with {_said(reply)}")
            raise self._unknown(request, _said(reply))
        return Answer(reply.status, reply.body, reply.headers, self._asked(request), leave)

    def _unknown(self, request: Request, why: str) -> Unknown:
        log.warning("no clear answer", service=str(self.service), asked=_short(request), why=why)
        return Unknown(f"{self._asked(request)} gave no clear answer: {why}")

    def _asked(self, request: Request) -> str:
        return f"{self.service}, asked {_short(request)},"


def client_for(service: Service, *, anyway: bool = False) -> Client:
    """Return what asks ``service``; its connections and limits are shared by all who do.

    ``anyway``: a person wants to know now, even of a server that is left alone for a while.
    """
    return Client(service, anyway)


def _try(
    service: Service, request: Request, ok: Collection[int], tries: int, deadline: float
) -> Reply:
    """Send it until there is an answer, ``tries`` times at most; Failure if there is none."""
    for tried in range(tries):
        if tried:
            wait = FIRST_WAIT * 2**tried * random.uniform(0.5, 1)  # noqa: S311 - no secret
            if time.monotonic() + wait >= deadline:
                break
            time.sleep(wait)
        try:
            reply = send(service, request, deadline)
        except Failure as error:
            failure = error
            continue
        if reply.status in ok or reply.status not in MAY_PASS:
            return reply
        failure = Failure(_said(reply))
    raise failure


def _said(reply: Reply) -> str:
    return f"status {reply.status}: {excerpt(reply.body)}"


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _address(base: str, url: str, params: Params | None) -> str:
    whole = url if "://" in url else f"{base.rstrip('/')}/{url.lstrip('/')}"
    if not params:
        return whole
    return f"{whole}{'&' if '?' in whole else '?'}{urlencode(_pairs(params))}"


def _pairs(params: Params) -> list[tuple[str, Any]]:
    pairs = params.items() if isinstance(params, Mapping) else params
    return [(name, value) for name, value in pairs if value is not None]


def _body(
    form: Params | None, json: Any, text: str | None
) -> tuple[bytes | None, Mapping[str, str]]:
    """Return what is sent, and the header that says what it is."""
    if form is not None:
        kind = "application/x-www-form-urlencoded"
        return urlencode(_pairs(form)).encode(), {"Content-Type": kind}
    if json is not None:
        return jsonlib.dumps(json).encode(), {"Content-Type": "application/json"}
    if text is not None:
        return text.encode(), {"Content-Type": "text/plain; charset=utf-8"}
    return None, {}


def _short(request: Request) -> str:
    """Say what was asked: its query may be long, and may hold what isn't everybody's."""
    parts = urlsplit(request.url)
    return f"{request.method} {parts.scheme}://{parts.netloc}{parts.path}"

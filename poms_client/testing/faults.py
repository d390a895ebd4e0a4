"""Faults on demand, a log of what was asked, and a delay: around any stand-in.

::

    faults = Faults(application, delay=0.05)
    faults.add(Fault(path="/files/count", kind="timeout", times=2))

Other processes say the same over HTTP: ``PUT /_faults`` takes a JSON list of faults in place of
those that there were, ``GET /_log`` lists the requests, ``DELETE`` of either empties it.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from poms_client.testing.mishaps import KINDS, Answer, Case, answer_with_status
from poms_client.testing.server import Headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LONG = 60.0
MOST_LOGGED = 200_000


@dataclass
class Fault:
    """What goes wrong with some requests.

    :param path: a regular expression, searched in ``/path?query`` as it was sent.
    :param kind: one of ``KINDS``, or a status from 400 to 599.
    :param method: of the request; empty for any.
    :param body: a regular expression, searched in the body.
    :param times: how many requests it meets; None for all.
    :param after: how many requests that match pass untouched before.
    :param seconds: how long ``timeout`` holds the connection, or ``slow`` takes.
    """

    path: str = ""
    kind: str = "500"
    method: str = ""
    body: str = ""
    times: Optional[int] = None
    after: int = 0
    seconds: float = LONG

    def __post_init__(self) -> None:
        self.kind = str(self.kind)
        if self.kind not in KINDS and not re.fullmatch("[45][0-9][0-9]", self.kind):
            raise ValueError(f"{self.kind}: a fault is a status, or one of {', '.join(KINDS)}")

    def meets(self, request: Request) -> bool:
        """Whether it befalls this request; counts."""
        if self.times == 0 or not self.describes(request):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def describes(self, request: Request) -> bool:
        return (
            self.method in ("", request.method)
            and re.search(self.path, request.target) is not None
            and re.search(self.body, request.body) is not None
        )


@dataclass
class Request:
    """A request that came, and what became of it; ``status`` is None where no answer went."""

    method: str
    path: str
    query: str
    body: str
    status: Optional[int] = None
    fault: str = ""
    at: float = field(default_factory=time.time)

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Faults:
    """WSGI middleware; one for each server, shared by its threads."""

    def __init__(self, application: WSGIApplication, delay: float = 0.0) -> None:
        self.application = application
        self.delay = delay
        self.log: deque[Request] = deque(maxlen=MOST_LOGGED)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._faults += faults

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    def asked(self, path: str = "", method: str = "") -> int:
        """How many requests there were whose ``/path?query`` matches the expression."""
        wanted = Fault(path=path, method=method, kind="500")
        return sum(wanted.describes(request) for request in list(self.log))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request, body = _read(environ)
        if request.path in ADMIN:
            return ADMIN[request.path](self, request, start)
        self.log.append(request)
        environ["wsgi.input"] = io.BytesIO(body)
        if self.delay:
            time.sleep(self.delay)
        with self._lock:
            fault = next((fault for fault in self._faults if fault.meets(request)), None)
        if fault is None:
            return self.application(environ, _noting(request, start))
        request.fault = fault.kind
        befall = KINDS.get(fault.kind, answer_with_status)
        noting = _noting(request, start)
        return befall(
            Case(fault.kind, fault.seconds, environ, noting, partial(self.answer, environ))
        )

    def answer(self, environ: WSGIEnvironment) -> Answer:
        """Let the application answer, without sending that."""
        said: list[Any] = []

        def keep(
            status: str, headers: Headers, exc_info: object = None
        ) -> Callable[[bytes], object]:
            said[:] = [status, list(headers)]
            return lambda data: None

        body = b"".join(self.application(environ, keep))
        return Answer(said[0], said[1], body)

    def _tell_log(self, request: Request, start: StartResponse) -> Iterable[bytes]:
        if request.method == "DELETE":
            self.log.clear()
        return _json(start, [asdict(each) for each in list(self.log)])

    def _tell_faults(self, request: Request, start: StartResponse) -> Iterable[bytes]:
        if request.method in ("PUT", "DELETE"):
            try:
                wanted = [Fault(**each) for each in json.loads(request.body or "[]")]
            except (TypeError, ValueError, re.error) as error:
                return _json(start, {"error": str(error)}, "400 Bad Request")
            with self._lock:
                self._faults[:] = wanted
        return _json(start, [asdict(fault) for fault in self._faults])


ADMIN = {"/_log": Faults._tell_log, "/_faults": Faults._tell_faults}  # noqa: SLF001 - our own


def _read(environ: WSGIEnvironment) -> tuple[Request, bytes]:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    request = Request(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        body.decode(errors="replace"),
    )
    return request, body


def _noting(request: Request, start: StartResponse) -> StartResponse:
    def noted(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        request.status = int(status[:3])
        return start(status, headers, exc_info) if exc_info else start(status, headers)

    return noted


def _json(start: StartResponse, content: object, status: str = "200 OK") -> Iterable[bytes]:
    body = json.dumps(content).encode()
    return Answer(status, [("Content-Type", "application/json")], body).send(start)

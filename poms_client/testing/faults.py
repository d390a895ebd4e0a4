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
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from poms_client.testing.server import HangUp, Headers

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


@dataclass
class Answer:
    """An answer that may still be changed."""

    status: str
    headers: Headers
    body: bytes

    def send(
        self, start: StartResponse, pieces: Optional[Iterable[bytes]] = None
    ) -> Iterable[bytes]:
        said = [(n, v) for n, v in self.headers if n.lower() != "content-length"]
        start(self.status, [*said, ("Content-Length", str(len(self.body)))])
        return [self.body] if pieces is None else pieces


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
        befall = KINDS.get(fault.kind, _status)
        return befall(self, fault, environ, _noting(request, start))

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


# The kinds


def _timeout(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Say nothing until the client gives up; the request isn't done."""
    _hold(environ, fault.seconds)
    raise HangUp


def _refused(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Reset the connection; the request isn't done."""
    raise HangUp(reset=True)


def _lost(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Do what is asked, and end the connection without an answer."""
    faults.answer(environ)
    raise HangUp


def _truncated(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Do what is asked, announce the whole answer, and end after the first half of it."""
    answer = faults.answer(environ)
    answer.body = answer.body or b"\n"
    half = answer.body[: len(answer.body) // 2]

    def cut() -> Iterator[bytes]:
        yield half
        raise HangUp

    return answer.send(start, cut())


def _slow(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Do what is asked, and send the answer byte by byte over ``seconds``."""
    answer = faults.answer(environ)
    pause = fault.seconds / max(len(answer.body), 1)

    def drip() -> Iterator[bytes]:
        for number in range(len(answer.body)):
            _hold(environ, pause)
            yield answer.body[number : number + 1]

    return answer.send(start, drip())


def _wrong_type(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Answer with somebody's sign-in page; the request isn't done."""
    page = b"<!DOCTYPE html><html><title>Sign in</title><body>Please sign in.</body></html>"
    return Answer("200 OK", [("Content-Type", "text/html; charset=utf-8")], page).send(start)


def _wrong_count(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Do what is asked, and put -1 for each whole number in the answer."""
    answer = faults.answer(environ)
    answer.body = re.sub(rb'(?<![\w.":-])\d+(?![\w.":-])', b"-1", answer.body)
    return answer.send(start)


def _nonsense(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Do what is asked, and answer in the same format what no question asks for."""
    answer = faults.answer(environ)
    kind = dict(answer.headers).get("Content-Type", "")
    answer.body = b'{"nonsense": [null]}' if "json" in kind else b"nonsense"
    return answer.send(start)


def _status(
    faults: Faults, fault: Fault, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Answer with that status; the request isn't done."""
    text = f"told to answer {fault.kind}\n".encode()
    return Answer(f"{fault.kind} Told to", [("Content-Type", "text/plain")], text).send(start)


Befall = Callable[[Faults, Fault, "WSGIEnvironment", "StartResponse"], Iterable[bytes]]
KINDS: dict[str, Befall] = {
    "timeout": _timeout,
    "refused": _refused,
    "lost": _lost,
    "truncated": _truncated,
    "slow": _slow,
    "wrong_type": _wrong_type,
    "wrong_count": _wrong_count,
    "nonsense": _nonsense,
}


def _hold(environ: WSGIEnvironment, seconds: float) -> None:
    """Wait that long; hang up at once when the client does, or the server stops."""
    connection = environ["poms.connection"]
    before = connection.gettimeout()
    connection.settimeout(max(seconds, 0.0001))
    try:
        connection.recv(1)
    except socket.timeout:
        return
    except OSError:
        pass
    finally:
        connection.settimeout(before)
    raise HangUp


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

"""One request and its whole answer, in bounded time; anything else is a Failure.

urllib3 itself, not requests: its pools may be shared by threads, and a request costs a third.
"""

import http.client
import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from datahandling.errors import Unknown
from datahandling.http.credentials import Certificate
from datahandling.services import Service

MAX_BODY = 200_000_000  # bytes; a million long names of files
CHUNK = 1 << 16
NO_BODY = frozenset({204, 304})


class Failure(Exception):
    """No answer, or not a whole one. Trying again may help."""


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(service: Service, request: Request, deadline: float) -> Reply:
    """Send it and read the whole answer before ``deadline`` (of time.monotonic).

    Raises:
        Failure: out of reach, out of time, or cut short.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise Failure("no time was left")
    connect = min(service.connect_timeout.total_seconds(), left)
    try:
        response = _pool(service, request.certificate).request(
            request.method,
            request.url,
            headers=dict(request.headers),
            body=request.body,
            timeout=urllib3.Timeout(connect=connect, read=left),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return Reply(response.status, response.headers, _read(response))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise Failure(_why(error, service, request)) from error


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """Read the body, and make sure that it is the whole of it."""
    chunked = "chunked" in response.headers.get("transfer-encoding", "")
    if not (chunked or "content-length" in response.headers or response.status in NO_BODY):
        raise Failure("the answer doesn't say where it ends, so it may have been cut short")
    body = io.BytesIO()
    for chunk in response.stream(CHUNK):
        if body.tell() + len(chunk) > MAX_BODY:
            raise Failure(f"the answer is longer than {MAX_BODY:,} bytes")
        body.write(chunk)
    return body.getvalue()


def _why(error: Exception, service: Service, request: Request) -> str:
    """Say in a few words what went wrong; urllib3's own words name objects and addresses."""
    connect = f"{service.connect_timeout.total_seconds():g} s"
    match error:
        case NewConnectionError():
            cause = error.__cause__
            return f"no connection: {getattr(cause, 'strerror', None) or cause}"
        case ConnectTimeoutError():
            return f"no connection within {connect}"
        case ReadTimeoutError() | TimeoutError():
            return "out of time"
        case SSLError() | ssl.SSLError():
            return f"no secure connection: {_why_not_secure(error, request)}"
        case _:
            return f"the answer was cut short ({type(error).__name__}){_hint(request)}"


def _why_not_secure(error: Exception, request: Request) -> str:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"the server's certificate is not good ({cause.verify_message}). The authorities that"
            " POMS trusts are those of the system, or of SSL_CERT_FILE and SSL_CERT_DIR"
        )
    return f"{getattr(cause, 'reason', None) or cause}{_hint(request)}"


def _hint(request: Request) -> str:
    """Say what else it may be: servers hang up on a certificate, and often before they say why."""
    if request.certificate is None:
        return ""
    return (
        f"; if the server doesn't take the X.509 proxy in {request.certificate.file},"
        " make a new one, of an authority that it trusts"
    )


class _Until(io.RawIOBase):
    """A socket's bytes until its time-out is over, however slowly they drip in.

    A socket's own time-out starts anew with each byte: a server could hold us for ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb", buffering=0)  # as http.client does: it outlives close()
        self.deadline = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left)
        return self.file.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Until(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


Who = tuple[str, str, bool]  # a service, and whether it is shown a certificate
How = tuple[int, Certificate | None]
_managers: dict[Who, tuple[How, urllib3.PoolManager]] = {}
_lock = threading.Lock()


def _pool(service: Service, certificate: Certificate | None) -> urllib3.PoolManager:
    """Return this process's connections to a service; new ones when its proxy was renewed."""
    who = service.kind, service.experiment, certificate is not None
    how = service.at_once, certificate
    with _lock:
        made, manager = _managers.get(who, (None, None))
        if manager is None or made != how:
            if manager is not None:
                manager.clear()
            manager = _manager(service, certificate)
            _managers[who] = how, manager
        return manager


def _manager(service: Service, certificate: Certificate | None) -> urllib3.PoolManager:
    context = ssl.create_default_context()  # once: it reads all authorities that are trusted
    if certificate is not None:
        try:
            context.load_cert_chain(certificate.file, password="")  # or OpenSSL asks the terminal
        except (OSError, ValueError) as error:
            raise Unknown(
                f"{service}: {certificate.file} is no X.509 proxy, which is a certificate, its key"
                f" without a password, and the user's certificate: {error}"
            ) from error
    manager = urllib3.PoolManager(maxsize=service.at_once, block=False, ssl_context=context)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


os.register_at_fork(after_in_child=_managers.clear)  # a connection can't be shared by processes

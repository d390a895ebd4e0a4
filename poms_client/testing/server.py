"""A WSGI application behind a loopback port: HTTP/1.1 that stays connected, a thread for each.

What a stand-in needs and other servers don't give: an application may break the connection
(``HangUp``), hold it (``environ["poms.connection"]``), and send an answer bit by bit.
"""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Union
from urllib.parse import unquote

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Headers = list[tuple[str, str]]
MOST_BODY = 64 << 20


class HangUp(Exception):
    """Raised by an application: end the connection instead of going on with the answer.

    :param reset: as if nobody were there, and not as somebody who has finished.
    """

    def __init__(self, *, reset: bool = False) -> None:
        self.reset = reset


class Server:
    """An application, served at ``url`` while the ``with`` lasts; with ``tls``, by HTTPS."""

    def __init__(
        self, application: WSGIApplication, port: int = 0, tls: Optional[SSLContext] = None
    ) -> None:
        self._server = _Listener(application, port, tls)
        self.port: int = self._server.server_address[1]
        self.url = f"{self._server.scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name=f"serves {self.url}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, and end those that there are."""
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()

    def serve_forever(self) -> None:
        """Serve in this thread, until it is interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, application: WSGIApplication, port: int, tls: Optional[SSLContext]) -> None:
        self.application = application
        self.scheme = "https" if tls else "http"
        self._tls = tls
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; each thread does its own handshake, when it first reads."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def end_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news here; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BODY or self.headers.get("Transfer-Encoding"):
            self.send_error(413 if length else 411)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        answer = _Answer(self)
        try:
            chunks = self.server.application(_environ(self, body), answer.start)
            answer.send(chunks)
        except HangUp as hang_up:
            self.close_connection = True
            self._break(reset=hang_up.reset)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _break(self, *, reset: bool) -> None:
        self.wfile.flush()
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for each in (self.rfile, self.wfile, self.connection):  # the last one closes it
                each.close()
        else:
            _shut(self.connection)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing: who wants to know asks ``/_log``."""


class _Answer:
    """What an application says, sent as it comes where it says how long that will be."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._status = ""
        self._headers: Headers = []

    def start(
        self, status: str, headers: Headers, exc_info: object = None
    ) -> Callable[[bytes], object]:
        self._status, self._headers = status, headers
        return self._connection.wfile.write

    def send(self, chunks: Iterable[bytes]) -> None:
        pieces: Union[Iterable[bytes], list[bytes]] = chunks
        if not any(name.lower() == "content-length" for name, _ in self._headers):
            pieces = [b"".join(chunks)]
            self._headers.append(("Content-Length", str(len(pieces[0]))))
        code, _, reason = self._status.partition(" ")
        self._connection.send_response(int(code), reason)
        for name, value in self._headers:
            self._connection.send_header(name, value)
        self._connection.end_headers()
        for piece in pieces:
            self._connection.wfile.write(piece)


def _environ(connection: _Connection, body: bytes) -> dict[str, Any]:
    path, _, query = connection.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": connection.command,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(connection.server.server_address[1]),
        "SERVER_PROTOCOL": connection.request_version,
        "CONTENT_TYPE": connection.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": connection.client_address[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": connection.server.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "poms.connection": connection.connection,
    }
    for name, value in connection.headers.items():
        environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
    return environ


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)

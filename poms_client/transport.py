"""JSON over HTTP with Python alone: ``poms next`` runs in each job and has no time for imports.

A request that may have had its effect is repeated only where the caller says that a repetition
changes nothing (``repeatable``), or gives it a key by which the server knows it again; one that
never reached the server, or that it had no time to look at (429), may always be repeated.
"""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPException, HTTPMessage
from typing import Any, NamedTuple, Optional
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from poms_client.errors import NotConfigured, Refused, Unclear
from poms_client.forms import Form

NEVER_REACHED = (ConnectionRefusedError, socket.gaierror)
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
NO_TOKEN, OUT_OF_TIME, UNDER_WAY, TOO_MANY, NO_ANSWER = 401, 408, 409, 429, 503
ANEW = "Is it of this POMS, and not expired? People make tokens on the page API tokens."
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Answer(NamedTuple):
    """What the server said: status, parsed JSON (None without a body) or bytes, and headers."""

    status: int
    content: Any
    headers: HTTPMessage


class _StayHere(HTTPRedirectHandler):
    """Follow no redirect: a POST would arrive as a GET, and a token at another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Transport:
    """Requests to one server.

    :param patience: seconds after which repeating ends; a single try may take ``timeout`` more.
    """

    def __init__(
        self, base: str, token: Optional[str], timeout: float = 10.0, patience: float = 10.0
    ) -> None:
        if urlsplit(base).scheme not in ("http", "https"):
            said = base.removesuffix("/api/v1")
            raise NotConfigured(
                f"POMS_URL has to be a web address such as https://poms.example.org, not {said!r}"
            )
        self.base = base.rstrip("/")
        self.token = token
        self.timeout = timeout
        self.patience = patience
        self._opener = opener_to(self.base)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        repeatable: bool = False,
        key: str = "",
        raw: bool = False,
    ) -> Answer:
        """Send one request and return the answer.

        :param body: a ``Form``, or what is sent as JSON.
        :param key: the ``Idempotency-Key`` of this request, however often it is sent.
        :param raw: the answer is no JSON: return its bytes.
        :raises Refused: the server said no (4xx).
        :raises Unclear: it gave no clear answer in time.
        """
        give_up = time.monotonic() + self.patience
        pause = FIRST_PAUSE
        while True:
            try:
                return self._try(method, path, body, key, raw)
            except Unclear as unclear:
                again = repeatable or key or not unclear.reached
                wait = max(pause, unclear.wait)
                if not again or time.monotonic() + wait > give_up:
                    raise
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _try(self, method: str, path: str, body: Any, key: str, raw: bool) -> Answer:
        headers = {"Accept": "*/*" if raw else "application/json"}
        request = Request(self.base + path, method=method, headers=headers)  # noqa: S310 - checked
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        if key:
            request.add_header("Idempotency-Key", f'"{key}"')
        if body is not None:
            kind, request.data = _encoded(body)
            request.add_header("Content-Type", kind)
        try:
            with self._opener.open(request, timeout=self.timeout) as response:
                said = response.read()
                return Answer(response.status, said if raw else _parsed(said), response.headers)
        except HTTPError as error:
            raise _refusal(error) from None
        except URLError as error:
            reached = not isinstance(error.reason, NEVER_REACHED)
            raise Unclear(f"no answer from {self.base}: {error.reason}", reached) from None
        except (OSError, HTTPException, ValueError) as error:
            raise Unclear(f"no clear answer from {self.base}: {error!r}") from None


def opener_to(base: str) -> OpenerDirector:
    """Return what opens addresses below ``base``: no redirects, and no proxy to this machine."""
    here = urlsplit(base).hostname in LOOPBACK
    return build_opener(_StayHere, *([ProxyHandler({})] if here else []))


def _encoded(body: Any) -> tuple[str, bytes]:
    if isinstance(body, Form):
        return body.encoded()
    return "application/json", json.dumps(body).encode()


def _parsed(body: bytes) -> Any:
    return json.loads(body) if body.strip() else None


def _refusal(error: HTTPError) -> Exception:
    """Turn an HTTP error into ``Refused`` or ``Unclear``; 408 and 429 mean "ask again".

    So does 409 with ``Retry-After``: the same request, sent before, is still at work.
    """
    with error:
        try:
            content = _parsed(error.read())
        except (OSError, HTTPException, ValueError):
            content = None
    detail = _detail(content) or error.reason
    if error.code == NO_TOKEN:
        detail = f"{detail} {ANEW}"
    wait = error.headers.get("Retry-After", "")
    seconds = float(wait) if wait.isdecimal() else 0.0
    if error.code == UNDER_WAY and wait:
        return Unclear(f"POMS answered 409: {detail}", wait=seconds)
    if error.code == TOO_MANY:
        later = f": ask again in {seconds:.0f} s" if seconds else ""
        return Unclear(f"POMS answered 429: {detail}{later}", reached=False, wait=seconds)
    if 400 <= error.code < 500 and error.code != OUT_OF_TIME:
        return Refused(error.code, detail, content)
    in_its_words = error.code == NO_ANSWER and isinstance(content, dict)
    return Unclear(f"POMS answered {error.code}: {detail}", says_all=in_its_words)


def _detail(content: Any) -> str:
    """Return what a refusal says: its detail, or what is wrong with each field."""
    if isinstance(content, dict) and "detail" not in content:
        return "; ".join(f"{field}: {_detail(why)}" for field, why in content.items())
    said = content["detail"] if isinstance(content, dict) else content
    return " ".join(map(str, said)) if isinstance(said, list) else str(said or "")

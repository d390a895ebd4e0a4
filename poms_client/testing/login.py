"""Logging in to MetaCat and Data Dispatcher, by upstream's own code: ``/auth/…`` of either.

Three things are ours. Digests are verified here, because the wheel's function for it (4.1.5) can't
read any client's answer. A bearer token counts as its issuer's word when a ``Person`` has it,
because a stand-in has no issuer. And whoever serves says who holds the certificate, as a web server
in front does it: ``SSL_CLIENT_S_DN`` and ``SSL_CLIENT_I_DN``, with ``REQUEST_SCHEME`` ``https``.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Optional

from werkzeug.wrappers import Request, Response

from poms_client.testing import people
from poms_client.testing.engine import AuthenticationCore, Database

if TYPE_CHECKING:
    from poms_client.testing.web import Call

REALM = ISSUER = "metacat"
SECRET = "only for stand-ins"


class Login:
    """Who is who at a service; services with the same secret take each other's tokens."""

    def __init__(
        self, database: Database, persons: Iterable[people.Person], secret: str = SECRET
    ) -> None:
        self.database = database
        persons = list(persons)
        people.enter(persons, database, REALM)
        self._bearers = {person.token: person.username for person in persons if person.token}
        self._core = AuthenticationCore(
            {
                "database": {**database.parts, "schema": "metacat"},
                "authentication": {"group": REALM, "issuer": ISSUER, "secret": secret},
            }
        )

    def who(self, request: Request) -> tuple[Optional[str], str]:
        """Return the name for the request's token, or None and why not."""
        username, why = self._core.user_from_request(request)
        return username, why or ""

    def token(
        self, username: str, seconds: float = AuthenticationCore.DefaultTokenExpiration
    ) -> str:
        """Return a token of the service for somebody."""
        _, encoded = self._core.generate_token(username, expiration=seconds)
        return encoded.decode() if isinstance(encoded, bytes) else str(encoded)

    def log_in(self, request: Request) -> tuple[str, Any]:
        """Return upstream's verdict ``ok``, ``continue`` or ``reject``, and what belongs to it."""
        method = request.args.get("method", "password")
        username = request.args.get("username")
        if method == "token":
            return self._by_bearer(request, username)
        if method == "digest":
            return self._by_digest(request)
        if method == "x509" and not username:
            return "reject", None
        verdict: tuple[str, Any] = self._core.authenticate(method, username, request, None)
        return verdict

    def _by_digest(self, request: Request) -> tuple[str, Any]:
        """Challenge, or verify the answer to the challenge (RFC 2617, MD5 with ``qop=auth``)."""
        said = request.authorization
        if said is None or said.type != "digest":
            nonce = secrets.token_urlsafe()
            challenge = f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'
            headers = {"WWW-Authenticate": challenge}
            return "continue", (401, "Authorization required", headers)
        username = said.get("username", "")
        first = self._core.get_digest_password(REALM, username)
        second = _md5(f"{request.method}:{said.get('uri')}")
        between = [said.get(key) or "" for key in ("nonce", "nc", "cnonce", "qop")]
        if first is None or _md5(":".join([first, *between, second])) != said.get("response"):
            return "reject", "Authentication failed"
        return "ok", {"username": username}

    def _by_bearer(self, request: Request, username: Optional[str]) -> tuple[str, Any]:
        bearer = request.headers.get("Authorization", "").partition(" ")[2].strip()
        own, _ = self._core.verify_token(bearer) if bearer else (None, "")
        subject = self._bearers.get(bearer) or (own and own.subject)
        if not subject or subject != username:
            return "reject", "Authentication failed"
        return "ok", {"username": username, "expiration": own and own.expiration}


def _md5(words: str) -> str:
    return hashlib.md5(words.encode()).hexdigest()  # noqa: S324 - the protocol's


def auth(call: Call) -> Response:
    verdict, extra = call.login.log_in(call.request)
    if verdict == "continue":
        status, words, headers = extra
        return Response(words, status, headers)
    if verdict != "ok":
        return Response(f"{extra or 'Authentication failed'}\n", 401, mimetype="text/plain")
    expiration = extra.get("expiration")
    options = {} if expiration is None else {"seconds": expiration}
    token = call.login.token(extra["username"], **options)
    return Response("", 200, {"X-Authentication-Token": token})


def whoami(call: Call) -> Response:
    return Response(call.login.who(call.request)[0] or "", mimetype="text/plain")


def verify(call: Call) -> Response:
    username, why = call.login.who(call.request)
    return Response("OK" if username else why, 200 if username else 401, mimetype="text/plain")


def mydn(call: Call) -> Response:
    environ = call.request.environ
    if environ.get("REQUEST_SCHEME") != "https":
        return Response("Use HTTPS connection\n", 400, mimetype="text/plain")
    said = {"subject": environ.get("SSL_CLIENT_S_DN"), "issuer": environ.get("SSL_CLIENT_I_DN")}
    return Response(json.dumps(said) + "\n", content_type="text/json")


ENDPOINTS = {
    "/auth/auth": auth,
    "/auth/whoami": whoami,
    "/auth/verify": verify,
    "/auth/mydn": mydn,
}

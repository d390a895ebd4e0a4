"""Signing in to MetaCat and Data Dispatcher: what opens them is a token of their sign-in servers.

A token library has the tokens themselves. A bearer token or an X.509 proxy is shown to a sign-in
server, which gives a token for it; that is kept in this process's memory only, and renewed before
it ends. No token is ever logged or stored.
"""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from datahandling.errors import Unknown
from datahandling.expiry import end_of_token
from datahandling.http import Answer, Client, client_for
from datahandling.http.credentials import bearer_token, library_token
from datahandling.services import CredentialKind, Service

HEADER = "X-Authentication-Token"
RENEW_BEFORE = timedelta(minutes=10)
REFUSED = {
    CredentialKind.BEARER: "the token in {file} has ended, or isn't one of this user's",
    CredentialKind.PROXY: "have the subject of the certificate in {file} added to this user there",
}


@dataclass(frozen=True)
class Token:
    """``ends``: when it does; None where it doesn't say."""

    text: str
    ends: datetime | None

    def lasts(self, a_while: timedelta = timedelta()) -> bool:
        return self.ends is None or self.ends > datetime.now(UTC) + a_while


@dataclass(frozen=True)
class Server:
    """MetaCat or Data Dispatcher of a service: its address, and where one signs in to it."""

    service: Service
    url: str
    auth_url: str
    anyway: bool = False  # see ``client_for``

    @property
    def client(self) -> Client:
        return client_for(self.service, anyway=self.anyway)

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        """Ask as who we are; a token that is taken no more is renewed once. May raise Unknown."""
        ok = {*how.pop("ok", (200,))}
        token = token_for(self)
        answer = self._ask(token, method, path, ok={*ok, 401}, **how)
        if answer.status == 401 and token and forget(self):
            answer = self._ask(token_for(self), method, path, ok={*ok, 401}, **how)
        if answer.status == 401:
            raise answer.nonsense(f"that it doesn't know us: {answer.excerpt}")
        return answer

    def _ask(self, token: Token | None, method: str, path: str, **how: Any) -> Answer:
        headers = {HEADER: token.text} if token else {}
        return self.client.ask(method, f"{self.url}/{path}", headers=headers, **how)


def dispatcher_of(service: Service) -> Server:
    return Server(service, service.url, service.auth_url or f"{service.url}/auth")


def metacat_of(service: Service) -> Server:
    url = service.metacat_url
    if not url:
        raise Unknown(f"{service}: where MetaCat is isn't known: say it under Data services")
    return Server(service, url, service.metacat_auth_url or service.auth_url or f"{url}/auth")


_Key = tuple[Service, str]
_tokens: dict[_Key, Token] = {}
_locks: dict[_Key, threading.Lock] = {}  # of each: one thread signs in, for all


def token_for(server: Server) -> Token | None:
    """Return what opens ``server``, None where nothing is needed; Unknown if it can't be had."""
    match server.service.credential:
        case CredentialKind.NONE:
            return None
        case CredentialKind.LIBRARY:
            return read(library_token(server.service, server.url))
    key = _key(server)
    token = _tokens.get(key)
    if token is not None and token.lasts(RENEW_BEFORE):
        return token
    lock = _locks.setdefault(key, threading.Lock())
    if not lock.acquire(blocking=token is None or not token.lasts()):
        return token  # another thread renews it
    try:
        return _renewed(server, _tokens.get(key))
    finally:
        lock.release()


def _renewed(server: Server, old: Token | None) -> Token:
    """Sign in, unless another thread just has; an old token will do as long as it lasts."""
    if old is not None and old.lasts(RENEW_BEFORE):
        return old
    try:
        new = _tokens[_key(server)] = _sign_in(server)
    except Unknown:
        if old is None or not old.lasts():
            raise
        return old
    return new


def forget(server: Server) -> bool:
    """Forget a token that the server didn't take; tell whether signing in again may help."""
    return _tokens.pop(_key(server), None) is not None


def _sign_in(server: Server) -> Token:
    who = {"username": server.service.owner}
    url = f"{server.auth_url}/auth"
    if server.service.credential == CredentialKind.BEARER:
        answer = server.client.ask(
            "POST",
            url,
            params={"method": "token", **who},
            headers={"Authorization": f"Bearer {bearer_token(server.service)}"},
            ok=(200, 401),
            idempotent=True,
        )
    else:
        answer = server.client.ask("GET", url, params={"method": "x509", **who}, ok=(200, 401))
    if answer.status == 401:
        why = REFUSED[server.service.credential].format(file=server.service.credential_file)
        raise answer.nonsense(f"that it doesn't know us as {server.service.owner}: {why}")
    given = answer.headers.get(HEADER, "")
    if not given or not given.isprintable() or " " in given:
        raise answer.nonsense("without a token")
    answer.is_clear()
    return read(given)


def read(text: str) -> Token:
    """Return a token with its end, which it tells itself (JWT: ``exp``, seconds since 1970)."""
    return Token(text, end_of_token(text))


def _key(server: Server) -> _Key:
    return replace(server.service, file_page="", fts_url=""), server.auth_url

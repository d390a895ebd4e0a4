"""HTTPS in front of a stand-in, as far as it is about who holds which certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "domainComponent": "DC",
}


def context(certificate: Path, authority: Path) -> ssl.SSLContext:
    """Return what serves by HTTPS, and asks clients for a certificate, or a proxy of one.

    :param certificate: chain and key of the server, in one file.
    :param authority: certificate of the authority that vouches for clients.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    made.load_verify_locations(authority)
    made.verify_mode = ssl.CERT_OPTIONAL
    made.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS
    return made


def telling_subjects(application: WSGIApplication) -> WSGIApplication:
    """Say in the environment of each request whose certificate came, as web servers do."""

    def telling(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        said = environ["poms.connection"].getpeercert() or {}
        environ["REQUEST_SCHEME"] = "https"
        environ["SSL_CLIENT_S_DN"] = _name(said.get("subject", ()))
        environ["SSL_CLIENT_I_DN"] = _name(said.get("issuer", ()))
        return application(environ, start)

    return telling


def _name(parts: Any) -> str:
    """Write ``CN=poms,O=Example``, most specific first (RFC 4514)."""
    flat = [(SHORT.get(key, key), value) for part in reversed(parts) for key, value in part]
    return ",".join(f"{key}={value}" for key, value in flat)

"""Who we are to a service: read from its file for each request, so that a renewed one counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from datahandling.errors import Unknown
from datahandling.expiry import end_of_certificate
from datahandling.services import CredentialKind, Service

MAX_SIZE = 1_000_000
OWN = frozenset({"authorization", "x-authentication-token", "cookie"})  # the caller signs in itself


@dataclass(frozen=True)
class Certificate:
    """An X.509 proxy, certificate and key in one file, as it was ``written`` last."""

    file: str
    written: float  # seconds since 1970


@dataclass(frozen=True)
class Credentials:
    """What a request shows: headers, and a certificate where that is who we are."""

    headers: Mapping[str, str]
    certificate: Certificate | None = None


def credentials_for(service: Service, url: str, said: Mapping[str, str]) -> Credentials:
    """Return what opens ``url``, besides the headers that are ``said`` by the caller.

    Who shows a token needs no certificate, and servers turn away one that has ended.

    Raises:
        Unknown: the credential's file doesn't have what is needed.
    """
    if OWN & {name.lower() for name in said}:
        return Credentials(said)
    return Credentials({**said, **headers_for(service, url)}, certificate_of(service))


def headers_for(service: Service, url: str) -> dict[str, str]:
    """Return the headers that open ``url``; Unknown if the file doesn't have what they need."""
    match service.credential:
        case CredentialKind.BEARER:
            return {"Authorization": f"Bearer {bearer_token(service)}"}
        case CredentialKind.LIBRARY:
            return {"X-Authentication-Token": library_token(service, url)}
        case _:
            return {}


def bearer_token(service: Service) -> str:
    """Return the token of a file that holds nothing else."""
    token = _read(service).strip()
    if not _is_token(token):
        raise Unknown(f"{service}: {service.credential_file} holds no token")
    return token


def library_token(service: Service, url: str) -> str:
    """Return the token of the server that ``url`` is at: of the longest address that fits."""
    found = ("", "")
    for line in _read(service).splitlines():
        server, _, token = line.strip().partition(" ")
        server, token = server.rstrip("/"), token.strip()
        fits = url == server or url.startswith(f"{server}/")
        if server and fits and _is_token(token):
            found = max(found, (server, token), key=lambda entry: len(entry[0]))
    if not found[1]:
        raise Unknown(f"{service}: {service.credential_file} has no token for {url}")
    return found[1]


def certificate_of(service: Service) -> Certificate | None:
    """Return the X.509 proxy, None where none is used; Unknown if it has ended."""
    if service.credential != CredentialKind.PROXY:
        return None
    try:
        found = Certificate(service.credential_file, Path(service.credential_file).stat().st_mtime)
    except OSError as error:
        raise _unreadable(service, error) from error
    ends = _end_of(found)
    if ends is not None and ends <= datetime.now(UTC):
        raise Unknown(
            f"{service}: the X.509 proxy in {found.file} ended at {ends:%F %T} UTC: renew it"
        )
    return found


@lru_cache(maxsize=64)
def _end_of(certificate: Certificate) -> datetime | None:
    """Return when it ends; None where that can't be read, and so can't be used either."""
    try:
        return end_of_certificate(Path(certificate.file).read_text(errors="replace"))
    except OSError:
        return None


def _read(service: Service) -> str:
    try:
        with Path(service.credential_file).open("rb") as file:
            return file.read(MAX_SIZE).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(service, error) from error


def _unreadable(service: Service, error: Exception) -> Unknown:
    where = service.credential_file or "a file that nobody has named"
    why = error.strerror if isinstance(error, OSError) else "it is no text"
    return Unknown(f"{service}: the credential in {where} can't be read: {why}")


def _is_token(text: str) -> bool:
    """Tell whether it can stand in a header: one word of visible ASCII."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text

"""Who we are to a service: read from its file for each request, so that a renewed one counts."""

from pathlib import Path

from datahandling.errors import Unknown
from datahandling.services import CredentialKind, Service

MAX_SIZE = 1_000_000


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


def certificate_of(service: Service) -> tuple[str, float] | None:
    """Return the X.509 proxy's file and when it was written; None where none is used."""
    if service.credential != CredentialKind.PROXY:
        return None
    try:
        return service.credential_file, Path(service.credential_file).stat().st_mtime
    except OSError as error:
        raise _unreadable(service, error) from error


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

"""Trying SAM: it is asked for a file that isn't there; what opens it is looked at here."""

from pathlib import Path

from datahandling.errors import Unknown
from datahandling.expiry import end_of_certificate, end_of_token
from datahandling.http import client_for
from datahandling.http.credentials import bearer_token
from datahandling.services import CredentialKind, Service
from datahandling.trials import Part, Reply, Trial, try_parts

NO_FILE = "file_name poms_is_there_such_a_file"


def of(service: Service) -> list[Trial]:
    """Ask even a SAM that is left alone because it didn't answer."""
    parts: list[Part] = [("SAM", service.url, lambda: _asked(service))]
    if service.credential != CredentialKind.NONE:
        parts.append(("what opens it", service.credential_file, lambda: _credential(service)))
    return try_parts(parts)


def _asked(service: Service) -> Reply:
    client = client_for(service, anyway=True)
    found = client.get("files/count", params={"dims": NO_FILE}).number()
    return Reply(f"counted {found} files of a name that nobody gives")


def _credential(service: Service) -> Reply:
    """SAM tells nobody who they are to it: it just refuses what they may not do."""
    if service.credential == CredentialKind.BEARER:
        return Reply(
            "a token, not shown to SAM yet", good_until=end_of_token(bearer_token(service))
        )
    try:
        pem = Path(service.credential_file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Unknown(f"{service.credential_file} can't be read: {error}") from error
    ends = end_of_certificate(pem)
    if ends is None:
        raise Unknown(f"{service.credential_file} holds no certificate")
    return Reply("a certificate", good_until=ends)

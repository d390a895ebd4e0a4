"""What the set-up of a data service may not be, and what about it is likely a mistake."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.utils import timezone

from datahandling.expiry import end_of_certificate, end_of_token
from datahandling.services import CredentialKind, Service

Complaint = tuple[str, str]  # the field, and a sentence

SAM, DATA_DISPATCHER = "sam", "data_dispatcher"
NEEDED = {
    SAM: {"url": "SAM's address"},
    DATA_DISPATCHER: {
        "url": "the address of Data Dispatcher's server",
        "metacat_url": "MetaCat's address",
        "namespace": "the namespace of the datasets that POMS makes",
    },
}
ONLY_FOR = {
    "auth_url": DATA_DISPATCHER,
    "metacat_url": DATA_DISPATCHER,
    "metacat_auth_url": DATA_DISPATCHER,
    "namespace": DATA_DISPATCHER,
}
ADDRESSES = ("url", "auth_url", "metacat_url", "metacat_auth_url", "fts_url")
CREDENTIALS = {
    SAM: {CredentialKind.NONE, CredentialKind.PROXY, CredentialKind.BEARER},
    DATA_DISPATCHER: set(CredentialKind),
}
EXPIRY = {
    CredentialKind.BEARER: end_of_token,
    CredentialKind.PROXY: end_of_certificate,
}
SOON = timedelta(hours=12)
LABELS = {SAM: "SAM", DATA_DISPATCHER: "Data Dispatcher"}
LONGEST = {"connect_timeout": timedelta(seconds=30), "read_timeout": timedelta(minutes=2)}
SAM_PATH = re.compile(r"/sam/[\w.-]+(/dev)?/api")
NAMESPACE = re.compile(r"[\w.-]+")


def complaints(service: Service) -> list[Complaint]:
    """Return why ``service`` can't be used as it is set up."""
    return [
        *_needed(service),
        *(found for field in ADDRESSES for found in _address(service, field)),
        *_sam_path(service),
        *_names(service),
        *_credential(service),
        *_time_outs(service),
        *_file_page(service.file_page),
    ]


def warnings(service: Service) -> list[str]:
    """Return what will hinder POMS, or endanger a secret, if it stays so. Looks at the disk."""
    if service.credential == CredentialKind.NONE or not service.credential_file:
        return []
    path = Path(service.credential_file)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return [f"{path} isn't there for POMS: {error.strerror}. Nothing opens the service now."]
    if not path.is_file():
        return [f"{path} is no file: nothing opens the service now."]
    if not os.access(path, os.R_OK):
        return [f"POMS may not read {path}: nothing opens the service now."]
    exposed = [f"others on this machine can get at {path}: make it 0600."] if mode & 0o077 else []
    return [*exposed, *_expiry(service, path)]


def _expiry(service: Service, path: Path) -> Iterator[str]:
    """Warn of what has ended, or does so soon. Of a library each server tells by itself."""
    read = EXPIRY.get(service.credential)
    ends = read(path.read_text(errors="replace")) if read else None
    if ends is not None and ends < timezone.now() + SOON:
        tense = "has ended" if ends < timezone.now() else "ends"
        yield f"what is in {path} {tense} at {ends:%Y-%m-%d %H:%M} UTC: renew it."


def _needed(service: Service) -> Iterator[Complaint]:
    for field, words in NEEDED[service.kind].items():
        if not getattr(service, field):
            yield field, f"{LABELS[service.kind]} needs {words}"
    for field, kind in ONLY_FOR.items():
        if getattr(service, field) and service.kind != kind:
            yield field, f"this is only for {LABELS[kind]}: leave it empty"


def _address(service: Service, field: str) -> Iterator[Complaint]:
    address: str = getattr(service, field)
    if not address:
        return
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"}:
        yield field, "an address begins with https://"
    elif parts.scheme == "http" and not is_loopback(address):
        yield (
            field,
            "anybody on the way could read and change it: use https (http is for 127.0.0.1)",
        )
    if parts.username or parts.password:
        yield field, "an address holds no password: name a credential file"
    if parts.query or parts.fragment:
        yield field, "leave out what begins with ? or #: paths are put behind it"


def may_be_asked(address: str, *, inside: bool) -> bool:
    """Tell whether to ask at an address that a service names: https, or on this machine itself.

    The latter only where the service is there too (``inside``).
    """
    try:
        parts = urlsplit(address)
        odd = parts.username or parts.password or parts.query or parts.fragment
    except ValueError:
        return False
    if odd or not parts.hostname:
        return False
    if is_loopback(address):
        return inside and parts.scheme in {"https", "http"}
    return parts.scheme == "https"


def is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _sam_path(service: Service) -> Iterator[Complaint]:
    if service.kind == SAM and service.url and not SAM_PATH.fullmatch(urlsplit(service.url).path):
        yield "url", f"SAM's address ends with /sam/{service.experiment}/api"


def _names(service: Service) -> Iterator[Complaint]:
    if service.namespace and not NAMESPACE.fullmatch(service.namespace):
        yield "namespace", "a namespace is a word of letters, digits, '_', '-' and '.'"
    if not NAMESPACE.fullmatch(service.owner):
        yield "owner", "a user name is a word of letters, digits, '_', '-' and '.'"


def _credential(service: Service) -> Iterator[Complaint]:
    if service.credential not in CREDENTIALS[service.kind]:
        yield "credential", f"{LABELS[service.kind]} can't be opened by this"
    if service.credential == CredentialKind.NONE:
        if service.credential_file:
            yield "credential_file", "say what kind of credential it is, or leave it empty"
    elif not service.credential_file:
        yield "credential_file", "say in which file on this machine it is"
    if service.credential_file and not service.credential_file.startswith("/"):
        yield "credential_file", "write the whole path, from /"


def _time_outs(service: Service) -> Iterator[Complaint]:
    for field, longest in LONGEST.items():
        if not timedelta(0) < getattr(service, field) <= longest:
            yield field, f"more than nothing and at most {longest.total_seconds():g} s"


def _file_page(page: str) -> Iterator[Complaint]:
    if not page:
        return
    if urlsplit(page).scheme not in {"https", "http"}:
        yield "file_page", "an address begins with https://"
    try:
        shown = page % {"file": "x"}
    except (KeyError, TypeError, ValueError):
        shown = page
    if "%(file)s" not in page or shown == page:
        yield "file_page", "write %(file)s where the file's name belongs, and %% for a percent sign"

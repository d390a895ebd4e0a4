"""Until when what opens a service is good: a token (RFC 7519), a certificate (RFC 5280, 4.1)."""

import base64
import binascii
import json
import re
import ssl
from datetime import UTC, datetime

PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
EXPLICIT_VERSION = 0xA0
BEFORE_VALIDITY = 3  # serial number, signature algorithm, issuer
TIME_FORMS = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}  # UTCTime, GeneralizedTime


def end_of_token(text: str) -> datetime | None:
    """Return when a JWT says that it ends (``exp``, seconds since 1970); None where it doesn't."""
    parts = text.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(said["exp"], UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError):
        return None


def end_of_certificate(pem: str) -> datetime | None:
    """Return when the first certificate of a file ends; None where there is none to be read.

    The first one is the proxy itself, which ends before those that vouch for it.
    """
    found = PEM.search(pem)
    if found is None:
        return None
    try:
        return _not_after(ssl.PEM_cert_to_DER_cert(found[0]))
    except (ValueError, IndexError, KeyError):
        return None


def _not_after(der: bytes) -> datetime:
    certificate = _parts(der)[0][1]
    to_be_signed = _parts(_parts(certificate)[0][1])
    if to_be_signed[0][0] == EXPLICIT_VERSION:
        to_be_signed = to_be_signed[1:]
    _, validity = to_be_signed[BEFORE_VALIDITY]
    kind, not_after = _parts(validity)[1]
    return datetime.strptime(not_after.decode("ascii"), TIME_FORMS[kind]).replace(tzinfo=UTC)


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    """Return the elements of a DER sequence: (tag, content)."""
    parts = []
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:  # the length itself takes so many bytes
            after = at + (length & 0x7F)
            length, at = int.from_bytes(der[at:after]), after
        if at + length > len(der):
            raise ValueError("this ends too early")
        parts.append((tag, der[at : at + length]))
        at += length
    return parts

"""The public keys of issuers of tokens: from a file, or where the issuer publishes them."""

import json
import time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import jwt
import requests
from django.conf import settings
from rest_framework.exceptions import APIException, AuthenticationFailed

KEPT = 3600  # seconds
AGAIN_AFTER = 60  # seconds between two times that a key nobody knows makes us look
PATIENCE = 10  # seconds for an issuer to answer


class NoKeys(APIException):
    status_code = 503
    default_detail = "the keys of the token's issuer can't be had now; try again"


class Keyring:
    """The keys of one issuer, by the names it gives them.

    They are read again after an hour, and where a token names one that isn't there: issuers take
    new ones. What was read stays good while the issuer doesn't answer.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._looked_at = float("-inf")
        self._lock = Lock()

    def key(self, name: str | None) -> jwt.PyJWK:
        """Return the key of that name; without one, the only key that there is.

        Raises:
            AuthenticationFailed: there is none.
            NoKeys: there was no answer, and never was.
        """
        with self._lock:
            age = time.monotonic() - self._looked_at
            if age > (KEPT if self._find(name) else AGAIN_AFTER):
                self._read()
            found = self._find(name)
            if not self._keys:
                raise NoKeys
        if found is None:
            raise AuthenticationFailed(f"the issuer of this token has no key {name}")
        return found

    def _find(self, name: str | None) -> jwt.PyJWK | None:
        if name is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(name)

    def _read(self) -> None:
        self._looked_at = time.monotonic()
        try:
            keys = jwt.PyJWKSet.from_dict(_load(self.source)).keys
        except (OSError, ValueError, TypeError, jwt.PyJWTError):
            return
        self._keys = {key.key_id: key for key in keys}


def _load(source: str) -> dict[str, Any]:
    if source.startswith(("https://", "http://")):
        answer = requests.get(source, timeout=PATIENCE)
        answer.raise_for_status()
        return dict(answer.json())
    return dict(json.loads(Path(source).read_text()))


def keyring_of(issuer: str) -> Keyring:
    return _keyring(settings.TOKEN_ISSUERS[issuer])


@cache
def _keyring(source: str) -> Keyring:
    return Keyring(source)

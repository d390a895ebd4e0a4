"""SciTokens and WLCG tokens: JWT of the issuers that the site trusts.

See the WLCG Common JWT Profiles 1.2 (https://zenodo.org/records/3460258) and
https://scitokens.org/technical_docs/Claims.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from campaigns.keyrings import keyring_of
from campaigns.models import Experimenter
from campaigns.scopes import Scope

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384"]
SKEW = 30  # seconds that the clock of an issuer may be off
SCOPES = {
    "poms.read": Scope.READ,
    "poms.report": Scope.REPORT,
    "poms.launch": Scope.LAUNCH,
    "compute.read": Scope.READ,
    "compute.create": Scope.LAUNCH,
}


@dataclass(frozen=True)
class Claims:
    """What a token says that is as it should be."""

    issuer: str
    subject: str
    scopes: frozenset[Scope]


class JWTAuthentication(BaseAuthentication):
    """``Authorization: Bearer`` and a token of three parts, of somebody whom root has entered."""

    def authenticate(self, request: Request) -> tuple[Experimenter, Claims] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if len(words) != 2 or words[0].lower() != "bearer" or words[1].count(".") != 2:
            return None
        claims = verify(words[1])
        person = Experimenter.objects.filter(
            is_active=True, identities__issuer=claims.issuer, identities__subject=claims.subject
        ).first()
        if person is None:
            raise AuthenticationFailed(
                f"nobody here is {claims.subject} of {claims.issuer}: ask for it to be entered"
            )
        return person, claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def verify(token: str) -> Claims:
    """Check a token: whose it is, for whom, until when, and that its issuer signed it.

    Raises:
        AuthenticationFailed: something isn't as it should be; says what.
        NoKeys: the keys of its issuer can't be had now.
    """
    try:
        issuer = _unchecked(token).get("iss")
        if not isinstance(issuer, str) or issuer not in settings.TOKEN_ISSUERS:
            raise AuthenticationFailed("this token is of no issuer that is trusted here")
        key = keyring_of(issuer).key(jwt.get_unverified_header(token).get("kid"))
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=settings.TOKEN_AUDIENCES,
            leeway=SKEW,
            options={"require": ["iss", "sub", "aud", "exp"]},
        )
    except jwt.PyJWTError as error:
        raise AuthenticationFailed(f"this token isn't good: {error}") from error
    return Claims(issuer, str(claims["sub"]), _scopes(claims))


def _unchecked(token: str) -> dict[str, Any]:
    """Read the claims to see whose keys to check them with."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _scopes(claims: dict[str, Any]) -> frozenset[Scope]:
    said = claims.get("scope", "")
    words = said.split() if isinstance(said, str) else []
    return frozenset(SCOPES[word] for word in words if word in SCOPES)

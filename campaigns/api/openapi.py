"""The OpenAPI description of the API: what is true of every operation is said here, once.

Views say the rest with ``extend_schema``: what they take, what they give, what they refuse.
"""

from typing import Any, ClassVar

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

BODIES = {"POST", "PUT", "PATCH"}


class ProblemSerializer(serializers.Serializer[Any]):
    """Why it was refused, in words."""

    detail = serializers.CharField()


# What is wrong, by the name of the field; a list has one such object for each item.
MISTAKES = {
    "oneOf": [
        {"type": "object", "additionalProperties": {}},
        {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    ]
}
WHY = {
    400: "It makes no sense; the body says what.",
    401: "Who are you?",
    403: "That isn't yours to do.",
    404: "It isn't there, or not for you.",
    409: "It can't be done now.",
    413: "That is more than is taken at once.",
    415: "It isn't of a type that is taken: JSON, but for uploaded files.",
    422: "This `Idempotency-Key` was used for another request.",
    429: "Too many requests: `Retry-After` says in how many seconds to go on.",
    503: "The data handling, or the issuer of a token, gave no clear answer; nothing was done.",
}


def refusals(*codes: int) -> dict[int, OpenApiResponse]:
    """Return what an operation answers that refuses with these codes, for ``extend_schema``."""
    return {code: _refusal(code) for code in codes}


def _refusal(code: int) -> OpenApiResponse:
    return OpenApiResponse(MISTAKES if code == 400 else ProblemSerializer, description=WHY[code])


def one_or_many(name: str, one: type[serializers.Serializer[Any]]) -> PolymorphicProxySerializer:
    """Describe a body that is an object, or a list of such objects."""
    return PolymorphicProxySerializer(
        component_name=name,
        serializers=[one, one(many=True)],
        resource_type_field_name=None,
        many=False,
    )


class BySchema(serializers.Serializer[Any]):
    """Stands in the description for what isn't read by a serializer, but has a JSON Schema."""

    json_schema: ClassVar[dict[str, Any]]


class AsItsSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = BySchema
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = self.target.json_schema
        return schema


class Described(AutoSchema):
    """Adds the refusals that any operation may answer, and 304 where ETags are compared."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusals() - {int(code) for code in bodies}:
            bodies[str(code)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                _refusal(code), str(code)
            )
        if self.method == "GET":
            bodies["304"] = {"description": "It is what `If-None-Match` names."}
        return dict(sorted(bodies.items()))

    def _refusals(self) -> set[int]:
        codes = {400, 404, 429}
        if self.view.get_authenticators():
            codes |= {401, 403, 503}
        if self.method in BODIES:
            codes |= {413, 415}
        return codes


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "knox.auth.TokenAuthentication"
    name = "token"
    priority = 1  # above the one that comes with the library
    words = "A token of the page *API tokens*, or of an agent."

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": self.words}


class JWTScheme(TokenScheme):  # type: ignore[no-untyped-call]
    target_class = "campaigns.scitokens.JWTAuthentication"
    name = "jwt"
    words = "A SciToken or WLCG token of an issuer that the site trusts."


class JobTokenScheme(TokenScheme):  # type: ignore[no-untyped-call]
    target_class = "submissions.authentication.JobTokenAuthentication"
    name = "jobToken"
    words = "The token that jobs find in `POMS_JOB_TOKEN_FILE`."

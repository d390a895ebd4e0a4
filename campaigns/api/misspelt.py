"""Keys and parameters that there are not: refused, so that no misspelt one goes unnoticed."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

MOST = 20  # that are named in an answer
LONGEST = 100  # characters of them


class Exact(serializers.Serializer[Any]):
    """A body that has no other keys than its fields, and those that are taken ``also``."""

    also: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            require_known(data, {*self.fields, *self.also})
        return super().to_internal_value(data)


class WithoutOthers(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = Exact
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        # As the library's documentation has it.
        describe = auto_schema._map_serializer  # noqa: SLF001
        schema: dict[str, Any] = describe(self.target, direction, bypass_extensions=True)  # type: ignore[no-untyped-call]
        return schema if self.target.also else schema | {"additionalProperties": False}


def require_known(said: Iterable[str], known: Collection[str], what: str = "key") -> None:
    """Raise ValidationError for names that aren't ``known``; it says which were probably meant."""
    unknown = [name for name in said if name not in known][:MOST]
    if unknown:
        no_such = f"there is no such {what}"
        raise serializers.ValidationError(
            {name[:LONGEST]: [no_such + _instead(name, known)] for name in unknown}
        )


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name[:LONGEST], known, n=1)
    return f": did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"

"""How the API reads what it is sent: JSON, or files in a form; and all of it can be stored."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser

from datahandling import storable


class AnyJSON(JSONParser):
    """JSON for views that judge each item by itself."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("this JSON is nested too deeply") from None


class StorableJSON(AnyJSON):
    """JSON without NUL, half characters and infinite numbers anywhere in it."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        value = super().parse(stream, media_type, parser_context)
        try:
            storable.require_json(value)
        except ValueError as error:
            raise ParseError(str(error)) from None
        return value


class StorableForm(MultiPartParser):
    """A form with files, and without NUL and half characters in its fields and names."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        try:
            form = super().parse(stream, media_type, parser_context)
            for fields in (form.data, form.files):
                for name, values in fields.lists():
                    for text in (name, *map(str, values)):
                        storable.require_text(text)
        except (ValueError, SuspiciousOperation) as error:  # Django's: more parts than it takes
            raise ParseError(str(error)) from None
        return form

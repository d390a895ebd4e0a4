"""Keys of rows as callers of the API write them: in a body, as a filter, in a cursor."""

from typing import Any

from django import forms
from django_filters import Filter
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST = 2**63 - 1


def read_key(value: Any) -> int | None:
    """Return the key that a number or its digits are; None for whatever else there is."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and 0 < value <= LARGEST else None


class KeyFilter(Filter):
    """Compares with a key, and so doesn't tell whether there is such a row elsewhere."""

    field_class = forms.IntegerField


class PagesByKey(CursorPagination):
    """Pages of rows in the order of their keys."""

    page_size_query_param = "page_size"
    max_page_size = 1000

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and read_key(cursor.position) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class OldestFirst(PagesByKey):
    ordering = "pk"


class NewestFirst(PagesByKey):
    ordering = "-pk"

"""Keys of rows as callers of the API write them: in a body, as a filter, in a cursor."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import Filter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from campaigns.api.misspelt import require_known

LARGEST = 2**63 - 1
FORMAT = "format"  # which the framework takes everywhere


def read_key(value: Any) -> int | None:
    """Return the key that a number or its digits are; None for whatever else there is."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and 0 < value <= LARGEST else None


class KeyFilter(Filter):
    """Compares with a key, and so doesn't tell whether there is such a row elsewhere."""

    field_class = forms.IntegerField


class PagesByKey(CursorPagination):
    """Pages of rows in the order of their keys; other parameters than there are, are refused."""

    page_size_query_param = "page_size"
    max_page_size = 1000

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        own = {self.cursor_query_param, self.page_size_query_param, FORMAT}
        require_known(request.query_params, own | _filters(view, queryset), "parameter")
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and read_key(cursor.position) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _filters(view: Any, rows: QuerySet[Any]) -> set[str]:
    """Return the names of a list's filters; what is below an item has none."""
    if getattr(view, "action", "") != "list":
        return set()
    filters: Any = DjangoFilterBackend().get_filterset_class(view, rows)
    return set(filters.base_filters) if filters else set()


class OldestFirst(PagesByKey):
    ordering = "pk"


class NewestFirst(PagesByKey):
    ordering = "-pk"

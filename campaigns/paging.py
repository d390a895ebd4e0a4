"""Pages of long lists, newest first, found by key: the hundredth costs what the first does."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows in descending order of their keys; ``older`` is what the next page is ``before``."""

    rows: list[M]
    older: int | None
    is_first: bool


def page(rows: QuerySet[M], before: str = "", size: int = SIZE) -> Page[M]:
    """Return the page of rows with keys below ``before``; the first page for what is no number."""
    key = int(before) if before.isdecimal() and len(before) < 19 else None
    wanted = rows.order_by("-pk") if key is None else rows.order_by("-pk").filter(pk__lt=key)
    found = list(wanted[: size + 1])
    shown = found[:size]
    return Page(shown, shown[-1].pk if len(found) > size else None, key is None)

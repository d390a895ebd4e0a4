"""Rows that are their own queue entry: ``due_at`` says when somebody has to look."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Func, Value
from django.utils import timezone

M = TypeVar("M", bound="DueModel")

FRESH = 10  # a claim is fresh for a tenth of its lease


def is_any(column: str, keys: Collection[int]) -> Func:
    """Tell in a filter whether a column is any of many ``keys``."""
    return Func(
        F(column),
        Value(as_array(keys)),
        template="%(expressions)s::bigint[])",
        arg_joiner=" = ANY(",
        output_field=models.BooleanField(),
    )


def as_array(keys: Collection[int]) -> str:
    """Return ``keys`` as one text that PostgreSQL reads fast as an array of them."""
    return f"{{{','.join(map(str, keys))}}}"


class DueQuerySet(models.QuerySet[M]):
    def due(self) -> Self:
        return self.filter(due_at__lte=timezone.now())

    def claim(self, lease: timedelta) -> M | None:
        """Take the row that has waited longest, and keep others off it for ``lease``.

        A worker that dies lets its lease run out, and somebody looks again.
        """
        return next(iter(self.claim_some(lease, 1)), None)

    def claim_some(self, lease: timedelta, count: int) -> list[M]:
        """Take up to ``count`` rows that have waited longest, as ``claim`` does.

        Nearly always there is none, so first only keys are asked for.
        """
        with transaction.atomic():
            waiting = self.due().order_by("due_at", "pk")
            bare = waiting.select_related(None).prefetch_related(None).only("pk")
            locked = bare.select_for_update(skip_locked=True, no_key=True, of=("self",))
            keys = [row.pk for row in locked[:count]]
            if not keys:
                return []
            found = self.in_bulk(keys)
            until = timezone.now() + lease
            self.model._default_manager.filter(pk__in=keys).update(due_at=until)
        claimed = [found[key] for key in keys]
        for row in claimed:
            row.due_at = until
        return claimed


class DueModel(models.Model):
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def renew(self, lease: timedelta) -> bool:
        """Hold a claim for most of ``lease`` at least; False if it was claimed or woken since.

        A fresh claim is held already: whoever settles sees whether it still is.
        """
        until = timezone.now() + lease
        if self.due_at is not None and self.due_at > until - lease / FRESH:
            return True
        held = type(self)._default_manager.filter(pk=self.pk, due_at=self.due_at)
        if held.update(due_at=until) == 0:
            return False
        self.due_at = until
        return True

    def look_again(self, at: datetime | None) -> bool:
        """Give the claim back: look again ``at`` (None: when something happens).

        Only the holder of the claim can: whoever marked the row due meanwhile knows something
        that this look may have missed, so the row stays due.
        """
        held = type(self)._default_manager.filter(pk=self.pk, due_at=self.due_at)
        return held.update(due_at=at) == 1

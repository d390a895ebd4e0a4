"""Sign-ins that failed: who guesses passwords has to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from django.db import connection, models, transaction
from django.utils import timezone

WINDOW = timedelta(minutes=15)
MOST = 10  # within the window, for one name from one address


class FailedSignInQuerySet(models.QuerySet["FailedSignIn"]):
    def of(self, name: str, address: str) -> Self:
        return self.filter(key=_key(name, address))

    def begin(self, name: str, address: str) -> datetime | None:
        """Return when a try is allowed; None where it is now.

        Then it counts as failed until whoever tries deletes it: so do the others of many at once.
        """
        key = _key(name, address)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(key[:15], 16)])
            until = self.of(name, address).blocked_until()
            if until is None:
                self.filter(at__lt=timezone.now() - WINDOW).delete()
                self.create(key=key)
        return until

    def blocked_until(self) -> datetime | None:
        """Return when another try is allowed; None where it is now."""
        last = self.filter(at__gte=timezone.now() - WINDOW).order_by("-at")
        oldest_that_counts = last.values_list("at", flat=True)[MOST - 1 : MOST].first()
        return oldest_that_counts + WINDOW if oldest_that_counts else None


class FailedSignIn(models.Model):
    """One try. Only a digest of name and address is kept: people type passwords for names."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    objects = FailedSignInQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="failed_sign_in_of_key")]

    def __str__(self) -> str:
        return f"failed at {self.at:%F %T}"


def _key(name: str, address: str) -> str:
    return sha256(f"{name.casefold()}\0{address}".encode()).hexdigest()

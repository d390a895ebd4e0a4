"""The services that production rests on, as whoever watches them last said they are."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.utils import timezone

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # was one heard of that others only named as their parent
OLD_AFTER = timedelta(minutes=15)  # those who watch services say every five minutes how they are


class ServiceState(models.TextChoices):
    GOOD = "good"
    DEGRADED = "degraded"
    BAD = "bad"
    UNKNOWN = "unknown"


class ServiceStatus(models.Model):
    """A service, below the one that it is part of."""

    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts"
    )
    said = models.CharField(max_length=10, choices=ServiceState, default=ServiceState.UNKNOWN)
    host_site = models.CharField(max_length=255, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="How many things were looked at.")
    failed = models.PositiveIntegerField(default=0, help_text="How many of them are bad.")
    description = models.CharField(max_length=1000, blank=True)
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "service statuses"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(said__in=ServiceState.values), name="service_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def said_at(self) -> datetime | None:
        """When somebody said last how it is; None where nobody has."""
        return None if self.heard_at == NEVER else self.heard_at

    @property
    def is_old(self) -> bool:
        return self.heard_at < timezone.now() - OLD_AFTER

    @property
    def status(self) -> str:
        """How it is: nobody knows once what was said is old."""
        return ServiceState.UNKNOWN.value if self.is_old else self.said

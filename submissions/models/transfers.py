"""What file transfer services (FTS) say is on its way."""

from django.db import models

from campaigns.models import DataService
from submissions.models.queue import DueModel, DueQuerySet


class TransferWatch(DueModel):
    """The look at an experiment's file transfer services, every now and then."""

    service = models.OneToOneField(
        DataService, on_delete=models.CASCADE, primary_key=True, related_name="transfer_watch"
    )
    asked_at = models.DateTimeField(null=True, help_text="When all of them last answered.")
    unknown = models.TextField(blank=True, help_text="Which of them gave no clear answer, and why.")

    objects = DueQuerySet["TransferWatch"].as_manager()

    class Meta:
        verbose_name_plural = "transfer watches"

    def __str__(self) -> str:
        return f"watch over the transfers of {self.service}"


class Transfer(models.Model):
    """A file that one of the services has in hand, and what it says of it."""

    watch = models.ForeignKey(
        TransferWatch, on_delete=models.CASCADE, related_name="transfers", db_index=False
    )
    by = models.CharField("service", max_length=200)
    file = models.TextField()
    message = models.TextField(blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watch", "file", "by"], name="transfer_once")
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.message}"

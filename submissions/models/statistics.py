"""The figures of each submission's files, as they were when last asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from submissions.models.queue import DueModel, DueQuerySet, is_any

AFTER_A_MOVE = timedelta(seconds=2)  # several moves in a row make one look


class FileStatisticsQuerySet(DueQuerySet["FileStatistics"]):
    def moved(self, submissions: Collection[int]) -> int:
        """Have the figures of these submissions asked for soon: something happened to them.

        Rows are locked in the order of their keys, as by everybody who locks several.
        """
        soon = timezone.now() + AFTER_A_MOVE
        moved = self.filter(is_any("submission", submissions)).order_by("pk")
        with transaction.atomic(savepoint=False):
            locked = moved.select_for_update(no_key=True).values("pk")
            return self.filter(pk__in=locked).update(due_at=soon, looks=0)


class FileStatistics(DueModel):
    """What a submission's figures are (``submissions.figures``); pages read them here.

    ``states`` counts the handles of its project by their states. ``awaited`` are its first outputs
    that have no location yet, where something can tell of their way. No ``due_at`` means that the
    figures have come to stand still.
    """

    submission = models.OneToOneField(
        "submissions.Submission",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="statistics",
    )
    figures = models.JSONField(default=dict)
    states = models.JSONField(default=dict)
    chain_figures = models.JSONField(
        default=dict, help_text="Of an original with recoveries, each input counted once."
    )
    chain_states = models.JSONField(default=dict)
    awaited = models.JSONField(default=list)
    project = models.JSONField(default=dict, help_text="What its service tells of the project.")
    asked_at = models.DateTimeField(
        null=True, help_text="When the figures were so; none were known before."
    )
    unknown = models.TextField(blank=True, help_text="Why the last look found no answer.")
    unknown_at = models.DateTimeField(null=True, help_text="When that was.")
    looks = models.PositiveSmallIntegerField(
        default=0, help_text="Looks that found nothing new; the next one backs off."
    )

    objects = FileStatisticsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "file statistics"
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="statistics_due"
            )
        ]

    def __str__(self) -> str:
        return f"figures of submission {self.submission_id}"

"""Which submission agents there are, and when each was last heard."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

SILENT_AFTER = timedelta(minutes=5)  # agents say each minute that they are there
SILENT_LOOKS = 3


class Agent(models.Model):
    """A submission agent, as it last described itself; there is one for each source."""

    source = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20)
    heard_at = models.DateTimeField()
    ok = models.BooleanField(help_text="It sees what it watches, and POMS takes its reports.")
    every = models.FloatField(help_text="Seconds between its looks.")
    submissions = models.PositiveIntegerField(help_text="How many its last look was about.")
    unsent = models.PositiveIntegerField(help_text="Reports that wait for POMS to take them.")
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["source"]

    def __str__(self) -> str:
        return self.source

    @property
    def is_silent(self) -> bool:
        """Whether it should have been heard since; one that looked once says 0 seconds."""
        if not self.every:
            return False
        patience = max(SILENT_AFTER, SILENT_LOOKS * timedelta(seconds=self.every))
        return self.heard_at < timezone.now() - patience

"""Which report is the newest of its source."""

from django.db import models

from submissions.models.submissions import Submission


class ReportClock(models.Model):
    """When each source last saw a submission: an older report of the same source is ignored."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="clocks")
    source = models.CharField(max_length=100)
    observed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "source"], name="one_clock_per_source")
        ]

    def __str__(self) -> str:
        return f"{self.source} saw {self.submission_id} at {self.observed_at:%F %T}"

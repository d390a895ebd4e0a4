"""What statuses submissions had, and who gave them these."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, models

from campaigns.models import Experimenter
from submissions.models.queue import as_array
from submissions.statuses import Actor, Status


class By(NamedTuple):
    """Who moves a submission, and when: as a source of reports if ``source`` names one."""

    actor: Actor
    who: Experimenter | None
    source: str
    note: str
    at: datetime


class SubmissionHistoryQuerySet(models.QuerySet["SubmissionHistory"]):
    def write_down(self, submissions: Sequence[int], status: Status, by: By) -> None:
        """Write down that all these submissions got a status, in one statement."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO submissions_submissionhistory
                    (submission_id, status, at, actor, who_id, source, note)
                SELECT submission, %s, %s, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS submission
                """,
                [
                    *(status, by.at, by.actor, by.who.pk if by.who else None, by.source, by.note),
                    as_array(submissions),
                ],
            )


class SubmissionHistory(models.Model):
    """Each status that a submission had, in order of ``pk``."""

    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.CASCADE, related_name="history"
    )
    status = models.CharField(max_length=20, choices=Status)
    at = models.DateTimeField()
    actor = models.CharField(max_length=10, choices=Actor)
    who = models.ForeignKey(Experimenter, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)

    objects = SubmissionHistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "submission history"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%F %T}"

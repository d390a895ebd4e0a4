"""What POMS keeps itself where files are in MetaCat and handed out by Data Dispatcher.

MetaCat has lists of files, and no dataset that is a query; Data Dispatcher knows its projects by
number only. An experiment is a name here, as in the embedded catalogue.
"""

import uuid

from django.db import models
from django.utils import timezone

EXPERIMENT = 100
NAME = 500


class NamedQuery(models.Model):
    """A dataset of POMS's: a query that is asked anew each time, or a list that MetaCat keeps.

    A list counts from ``saved_at`` on; without it, a crash left it, perhaps half filled.
    """

    experiment = models.CharField(max_length=EXPERIMENT)
    name = models.CharField(max_length=NAME)
    definition = models.JSONField(help_text="The query, as JSON.")
    dataset = models.CharField(
        max_length=NAME, blank=True, help_text="Of a list: the dataset in MetaCat, ns:name."
    )
    saved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "named queries"
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="named_query_once"),
            models.CheckConstraint(
                condition=models.Q(saved_at=None) | ~models.Q(dataset=""),
                name="named_query_saved_is_a_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListSnapshot(models.Model):
    """A snapshot: its number is the key, its files are a dataset that MetaCat keeps."""

    experiment = models.CharField(max_length=EXPERIMENT)
    definition = models.JSONField(help_text="The query that it answered, as JSON.")
    dataset = models.CharField(max_length=NAME, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"snapshot {self.pk}"


class DispatcherProject(models.Model):
    """A submission's project, by the name that POMS gives it, and Data Dispatcher's number.

    ``server`` is the address of the Data Dispatcher whose number it is: experiments may share one.

    ``files`` are a submission's own where it shares a project: full names; None: all handles are
    its. ``made_at`` is written last: until then a crash may have left the project, and ``key``,
    which is among its attributes, finds it; what can't be used gets lost, with another key.
    """

    experiment = models.CharField(max_length=EXPERIMENT)
    name = models.CharField(max_length=NAME)
    definition = models.JSONField(help_text="The query whose files it hands out, as JSON.")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project_id = models.BigIntegerField(null=True, blank=True)
    server = models.CharField(max_length=500, blank=True)
    file_count = models.PositiveIntegerField(default=0)
    files = models.JSONField(null=True, blank=True)
    virtual = models.BooleanField(default=False)
    made_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "name"], name="dispatcher_project_name_once"
            ),
        ]
        indexes = [
            models.Index(fields=["project_id"], name="dispatcher_project_by_id"),
        ]

    def __str__(self) -> str:
        return self.name

"""The embedded catalogue: files and where they are, datasets, snapshots, projects.

An experiment is a name here. The declared order of files is the order of their keys.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

import datahandling.dispatcher_models  # noqa: F401 - more tables of this app
from datahandling.query import Dataset
from datahandling.runs import format_run
from datahandling.stored import from_json

EXPERIMENT = 100
NAME = 500
CHECKSUM = 200
VERSION = 200
LOCATION = 2000


class File(models.Model):
    experiment = models.CharField(max_length=EXPERIMENT)
    name = models.CharField(max_length=NAME)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    checksum = models.CharField(max_length=CHECKSUM, blank=True, help_text="sha256:…")
    metadata = models.JSONField(default=dict, blank=True, help_text="As it was declared.")
    run_number = models.BigIntegerField(null=True, blank=True)
    subrun = models.PositiveIntegerField(null=True, blank=True)
    software_version = models.CharField(max_length=VERSION, blank=True)
    end_time = models.DateTimeField(null=True, blank=True, help_text="When its data ends.")
    created_at = models.DateTimeField(default=timezone.now)
    made_by_submission = models.BigIntegerField(null=True, blank=True)
    made_by_stage = models.BigIntegerField(null=True, blank=True)
    parents = models.ManyToManyField(
        "self",
        through="Parentage",
        through_fields=("child", "parent"),
        symmetrical=False,
        related_name="children",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="file_name_once"),
        ]
        indexes = [
            models.Index(fields=["experiment", "id"], name="file_in_declared_order"),
            models.Index(
                fields=["experiment", "run_number"],
                condition=Q(run_number__isnull=False),
                name="file_of_run",
            ),
            models.Index(
                fields=["experiment", "end_time"],
                condition=Q(end_time__isnull=False),
                name="file_by_end_time",
            ),
            models.Index(fields=["experiment", "created_at"], name="file_by_creation"),
            models.Index(
                fields=["made_by_submission"],
                condition=Q(made_by_submission__isnull=False),
                name="file_by_submission",
            ),
            models.Index(
                fields=["made_by_stage"],
                condition=Q(made_by_stage__isnull=False),
                name="file_by_stage",
            ),
            GinIndex(fields=["metadata"], opclasses=["jsonb_path_ops"], name="file_by_metadata"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def run(self) -> str | None:
        return None if self.run_number is None else format_run(self.run_number, self.subrun)


class Location(models.Model):
    file = models.ForeignKey(File, models.CASCADE, related_name="locations", db_index=False)
    url = models.CharField(max_length=LOCATION)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "url"], name="location_once")]

    def __str__(self) -> str:
        return self.url


class Parentage(models.Model):
    child = models.ForeignKey(File, models.CASCADE, related_name="+", db_index=False)
    parent = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="parentage_once"),
            models.CheckConstraint(condition=~Q(child=F("parent")), name="parentage_not_of_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} → {self.child_id}"


class DatasetDefinition(models.Model):
    """A named query, or (without one) the files that were declared into it."""

    experiment = models.CharField(max_length=EXPERIMENT)
    name = models.CharField(max_length=NAME)
    definition = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    files = models.ManyToManyField(File, through="DatasetFile", related_name="datasets")

    class Meta:
        verbose_name = "dataset"
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="dataset_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class DatasetFile(models.Model):
    dataset = models.ForeignKey(DatasetDefinition, models.CASCADE, related_name="+", db_index=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "file"], name="dataset_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} in {self.dataset_id}"


class Snapshot(models.Model):
    """A list of files that never changes, and the query that it answered."""

    experiment = models.CharField(max_length=EXPERIMENT)
    definition = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    files = models.ManyToManyField(File, through="SnapshotFile", related_name="snapshots")

    def __str__(self) -> str:
        return f"snapshot {self.pk}"


class SnapshotFile(models.Model):
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="+", db_index=False)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "file"], name="snapshot_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} in {self.snapshot_id}"


class ProjectQuerySet(models.QuerySet["Project"]):
    def with_counts(self) -> "ProjectQuerySet":
        """Annotate with the fields of ``base.ProjectSummary``."""
        return self.annotate(
            file_count=Count("handles"),
            **{state: Count("handles", Q(handles__state=state)) for state in Handle.State.values},
        )


class Project(models.Model):
    """A hand-out of files to jobs: one handle for each file that its query had at the start."""

    experiment = models.CharField(max_length=EXPERIMENT)
    name = models.CharField(max_length=NAME)
    definition = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="project_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dataset(self) -> str | None:
        """The name of the dataset that it was started over, if it was one."""
        query = from_json(self.definition)
        return query.name if isinstance(query, Dataset) else None


class Handle(models.Model):
    """One file of a project: given to a worker, then done or failed.

    Rows are made in bulk by the database itself (``writing.insert_select``), hence its defaults.
    A worker that dies leaves its handle reserved. ``failed`` with ``retry`` puts the handle back to
    ``initial``; ``worker`` still tells who had it last.
    """

    class State(models.TextChoices):
        INITIAL = "initial"
        RESERVED = "reserved"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="handles", db_index=False)
    file = models.ForeignKey(File, models.PROTECT, related_name="handles")
    state = models.CharField(max_length=10, choices=State, db_default=State.INITIAL)
    worker = models.CharField(max_length=200, blank=True, db_default="")
    attempts = models.PositiveIntegerField(db_default=0)
    retry = models.BooleanField(
        db_default=False, help_text="Its last failure asked for another try."
    )
    why = models.TextField(blank=True, db_default="", help_text="What the last failure said.")
    request = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="Which request reserved it: one that is repeated is answered with the same file.",
    )
    reserved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "file"], name="handle_once"),
            models.UniqueConstraint(
                fields=["project", "request"],
                condition=~Q(request=""),
                name="request_reserves_one_handle",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["initial", "reserved", "done", "failed"]),
                name="handle_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="initial") | ~Q(worker=""), name="handle_held_by_somebody"
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "attempts", "file"],
                condition=Q(state="initial"),
                name="handle_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} of {self.project_id}: {self.state}"


class ServiceHealth(models.Model):
    """How one server of a data service answers: a circuit breaker that all processes share.

    ``http.breaker`` writes it. A server that never failed may have no row.
    """

    kind = models.CharField(max_length=20)
    experiment = models.CharField(max_length=EXPERIMENT)
    server = models.CharField(max_length=500, help_text="scheme://host:port")
    failures = models.PositiveIntegerField(
        default=0, help_text="Questions in a row that had no answer."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_answer_at = models.DateTimeField(null=True, blank=True)
    nonsense = models.TextField(
        blank=True, help_text="What was said there last that wasn't what was asked."
    )
    nonsense_at = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then nobody asks it; then one question does."
    )
    back_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it answered again; empty once all who waited for it were told.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "experiment", "server"], name="service_health_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.experiment} at {self.server}"

    @property
    def makes_no_sense(self) -> bool:
        """Whether what was said there last was no answer."""
        if self.nonsense_at is None:
            return False
        return self.last_answer_at is None or self.nonsense_at > self.last_answer_at

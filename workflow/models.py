"""What is to happen next: holds, schedules, joins that ripen; and why: decisions, kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignStage, Experiment, Experimenter
from submissions.models import Run, Submission
from submissions.models.queue import DueModel, DueQuerySet


class Hold(models.Model):
    """Launches under it stay New until it is lifted. Without any of the three it is global."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    stage = models.ForeignKey(
        CampaignStage, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=300)
    who = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Experimenter, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(campaign=None, stage=None)
                | Q(experiment=None, stage=None)
                | Q(experiment=None, campaign=None),
                name="hold_has_one_scope",
            )
        ]
        indexes = [
            models.Index(fields=["lifted_at"], condition=Q(lifted_at=None), name="hold_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}"

    @property
    def scope(self) -> str:
        for kind, held in (
            ("stage", self.stage),
            ("campaign", self.campaign),
            ("experiment", self.experiment),
        ):
            if held is not None:
                return f"{kind} {held}"
        return "everything"


class Schedule(DueModel):
    """Launches a stage, or a whole campaign, at the ticks of a cron line (UTC)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="schedules")
    stage = models.ForeignKey(
        CampaignStage,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="schedules",
        help_text="Empty: the whole campaign.",
    )
    cron = models.CharField(
        max_length=100,
        help_text="Minute, hour, day of month, month, day of week; UTC. Such as 0 3 * * *",
    )
    next_tick = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    note = models.CharField(
        max_length=300, blank=True, help_text="Why it ended, where it did by itself."
    )
    who = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    objects = DueQuerySet["Schedule"].as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="schedule_due")
        ]

    def __str__(self) -> str:
        return f"{self.cron} for {self.stage or self.campaign}"


class Join(DueModel):
    """A join stage in a run; ``touched`` rises with each event that could ripen it (W8)."""

    stage = models.ForeignKey(CampaignStage, on_delete=models.PROTECT, related_name="joins")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="joins")
    generation = models.PositiveIntegerField(default=0, help_text="How often it has fired.")
    touched = models.PositiveIntegerField(default=0)
    waits_for = models.TextField(blank=True, help_text="What it waited for when last looked at.")

    objects = DueQuerySet["Join"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "run"], name="one_join_per_run")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="join_due")
        ]

    def __str__(self) -> str:
        return f"join {self.stage} in {self.run}"


class Decision(models.Model):
    """What was seen of a submission and concluded from it; the same again only counts up."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="decisions")
    about = models.CharField(max_length=20)
    conclusion = models.TextField()
    facts = models.JSONField(
        default=dict, blank=True, help_text="The numbers, queries and thresholds that it rests on."
    )
    unknown = models.BooleanField(
        default=False, help_text="Somebody who was asked gave no clear answer."
    )
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    answers_of = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the oldest answer was asked for that the last look rests on; "
        "empty where nobody outside was asked.",
    )
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.about}: {self.conclusion}"


class LeftBehindAs(models.TextChoices):
    GIVEN_UP = "given up"  # never consumed
    LATE = "late"  # consumed, but its children were not located when the chain went on


class LeftBehind(models.Model):
    """An input, by name, that a finished chain has no located children of."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="left_behind")
    file = models.TextField()
    kind = models.CharField(max_length=10, choices=LeftBehindAs)

    class Meta:
        verbose_name_plural = "files left behind"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "file"], name="left_behind_once")
        ]

    def __str__(self) -> str:
        return f"{self.file} ({self.kind})"


class Worker(models.Model):
    """A process that does passes, and when its last one ended."""

    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started = models.PositiveBigIntegerField(
        help_text="In clock ticks of its host: another process may get the same pid later."
    )
    passed_at = models.DateTimeField()

    class Meta:
        ordering = ["host", "pid"]
        constraints = [
            models.UniqueConstraint(fields=["host", "pid"], name="worker_is_one_process")
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @property
    def is_late(self) -> bool:
        """Whether it should have done another pass since."""
        return self.passed_at < timezone.now() - settings.PASS_LATE_AFTER

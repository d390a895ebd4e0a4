"""Runs, the passes of their splits, and what a finished chain fed to whom."""

from django.db import models
from django.db.models import Q

from campaigns.models import Campaign, CampaignDependency, CampaignStage, Experimenter
from submissions.models.queue import DueModel, DueQuerySet


class Origin(models.TextChoices):
    PERSON = "person"
    SCHEDULE = "schedule"
    EXTERNAL = "external"


class Run(models.Model):
    """All that descends from one launch of a campaign or of a stage."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="runs")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.PERSON)
    creator = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    test = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.campaign}"


class PassKind(models.TextChoices):
    STANDING = "standing"  # people and schedules take slices from it
    TEST = "test"  # the same, for test launches
    FED = "fed"  # over what one submission fed to the stage
    JOIN = "join"  # over what one generation of a join was fed


class PassState(models.TextChoices):
    OPEN = "open"
    EXHAUSTED = "exhausted"  # nothing now: the next trigger looks again
    STOPPED = "stopped"  # a person ended a slice of it; resumable
    ENDED = "ended"  # reset: open slices finish, none follows


class Pass(DueModel):
    """One walk over one dataset by one stage's split (W7).

    ``position`` is the split's own (None: at the start). A trigger marks the pass due and raises
    ``touched``; its own look then takes the slice.
    """

    stage = models.ForeignKey(CampaignStage, on_delete=models.PROTECT, related_name="passes")
    run = models.ForeignKey(
        Run,
        on_delete=models.PROTECT,
        related_name="passes",
        null=True,
        help_text="The run whose trigger walks it now.",
    )
    kind = models.CharField(max_length=10, choices=PassKind)
    dataset = models.TextField(blank=True)
    split = models.CharField(max_length=200)
    position = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=PassState, default=PassState.OPEN)
    touched = models.PositiveIntegerField(default=0)
    note = models.TextField(blank=True, help_text="Why its last look found no answer.")
    created = models.DateTimeField(auto_now_add=True)

    objects = DueQuerySet["Pass"].as_manager()

    class Meta:
        verbose_name_plural = "passes"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "kind"],
                condition=Q(kind__in=[PassKind.STANDING, PassKind.TEST])
                & ~Q(state=PassState.ENDED),
                name="one_standing_pass_per_stage",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="pass_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} pass {self.pk} of {self.stage}"

    @property
    def walks_by_itself(self) -> bool:
        return self.kind in (PassKind.FED, PassKind.JOIN)


class Feed(models.Model):
    """What a finished chain gave to one edge: a child, a pass, or a place in a join not yet fired.

    ``dataset`` is empty where there was nothing to give. The unique constraint makes each chain
    feed each edge once.
    """

    parent = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, related_name="feeds"
    )
    edge = models.ForeignKey(
        CampaignDependency, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    stage = models.ForeignKey(CampaignStage, on_delete=models.PROTECT, related_name="fed_by")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="feeds")
    dataset = models.TextField(blank=True)
    child = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, null=True, related_name="fed_by"
    )
    walked_by = models.ForeignKey(Pass, on_delete=models.PROTECT, null=True, related_name="fed_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "edge"], name="each_edge_is_fed_once")
        ]
        indexes = [
            models.Index(
                fields=["stage", "run"],
                condition=Q(child=None, walked_by=None),
                name="feed_waits_for_join",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent} feeds {self.stage}"

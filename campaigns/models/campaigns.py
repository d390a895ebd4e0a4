"""Campaigns: graphs of stages, and what feeds what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from campaigns import access
from campaigns.dispatcher import validate_settings
from campaigns.models.constraints import Agree, pairs
from campaigns.models.dataservices import DataHandlerName
from campaigns.models.names import NAME
from campaigns.models.people import Experiment, Experimenter, Owned
from campaigns.models.setups import JobType, LoginSetup
from campaigns.parameters import validate_keywords, validate_overrides
from campaigns.roles import OwnerRole
from campaigns.splits import validate_split

PRODUCTION, ANALYSIS = "Production", "Analysis"  # as batch systems call them


class StageType(models.TextChoices):
    REGULAR = "regular"
    GENERATOR = "generator", "generator: has no input"
    APPROVAL = "approval", "approval: waits for a person"
    DATATRANSFER = "datatransfer", "data transfer: passes its input on"
    TEST = "test"


class CompletionType(models.TextChoices):
    LOCATED = "located", "located: enough output is where it belongs"
    COMPLETE = "complete", "complete: the jobs are over"


class ReleaseAt(models.TextChoices):
    PERCENTAGE = "percentage", "percentage: of all inputs of the chain"
    LOCATED = "located", "located: nothing more is asked"


class WhenFailed(models.TextChoices):
    STOP = "stop", "stop: nothing follows until a person acts"
    GO_ON = "go on", "go on: as if it had completed"


class EdgeKind(models.TextChoices):
    FEEDS = "feeds", "feeds its data"
    NEXT_SLICE = "next_slice", "sets off the next slice"


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: access.User) -> Self:
        return access.visible_to(self, user)


class Tag(models.Model):
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=100)
    history = HistoricalRecords()
    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="tag_name_is_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(Owned):
    name = models.CharField(max_length=200, validators=[NAME])
    is_test = models.BooleanField(
        "test campaign",
        default=False,
        help_text="Every launch of it is a test launch for monitoring.",
    )
    data_handler = models.CharField(
        max_length=20, choices=DataHandlerName, default=DataHandlerName.CATALOGUE
    )
    keywords = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_keywords],
        help_text='Your own %(name)s placeholders, such as {"det": "near"}.',
    )
    defaults = models.JSONField(
        default=dict,
        blank=True,
        help_text="Default values of stage fields, for new stages and campaign files.",
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="campaigns")
    history = HistoricalRecords(m2m_fields=[tags])

    class Meta:
        ordering = ["experiment__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="campaign_name_is_unique"),
            Agree(
                of="tags",
                references=["campaign", "tag"],
                on="experiment",
                name="tag_is_of_the_campaigns_experiment",
                violation_error_message="a campaign and its tags are of one experiment",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StageQuerySet(models.QuerySet["CampaignStage"]):
    def visible_to(self, user: access.User) -> Self:
        return access.visible_to(self, user, "campaign__experiment")

    def editable_by(self, user: access.User) -> Self:
        return access.editable_by(self, user, "campaign__experiment")

    def launchable_by(self, user: access.User) -> Self:
        return access.launchable_by(self, user, "campaign__experiment")


class CampaignStage(models.Model):
    """What is run at one node of the graph, over which data, and when it counts as done."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=200, validators=[NAME])
    stage_type = models.CharField(max_length=20, choices=StageType, default=StageType.REGULAR)
    job_type = models.ForeignKey(JobType, on_delete=models.PROTECT, related_name="stages")
    login_setup = models.ForeignKey(LoginSetup, on_delete=models.PROTECT, related_name="stages")
    vo_role = models.CharField(
        "batch role",
        max_length=30,
        default=PRODUCTION,
        help_text="Handed to the batch system; an analyst's stage runs as Analysis instead.",
    )
    creator = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="+")
    creator_role = models.CharField(max_length=20, choices=OwnerRole, default=OwnerRole.PRODUCTION)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    dataset = models.TextField(
        "dataset or split data",
        blank=True,
        help_text="A dataset's name, or what the split type asks for; ignored where it is fed.",
    )
    software_version = models.CharField(
        max_length=100,
        blank=True,
        help_text="Must equal the version that the jobs write into their files' metadata.",
    )
    param_overrides = models.JSONField(default=list, blank=True, validators=[validate_overrides])
    test_param_overrides = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_overrides],
        help_text="Only for test launches.",
    )
    merge_overrides = models.BooleanField(
        default=False,
        help_text="Start from the campaign's default overrides instead of replacing them.",
    )

    split_type = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_split],
        help_text="Such as nfiles(10) or byrun(low=1, high=9); empty: the whole dataset at once.",
    )
    test_split_type = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_split],
        help_text="Used instead for test launches.",
    )
    slices_at_once = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="How many slices of one pass may be open together.",
    )
    clear_schedule_when_exhausted = models.BooleanField(default=True)

    completion_type = models.CharField(
        max_length=10, choices=CompletionType, default=CompletionType.LOCATED
    )
    completion_pct = models.DecimalField(
        "completion %",
        max_digits=5,
        decimal_places=2,
        default=Decimal(95),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )
    output_ancestor_depth = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="Generations between input and output.",
    )
    release_at = models.CharField(max_length=10, choices=ReleaseAt, default=ReleaseAt.PERCENTAGE)
    give_up_after = models.DurationField(
        null=True,
        blank=True,
        default=timedelta(days=2),
        help_text="How long missing output is waited for; empty: for ever.",
    )
    settle_time = models.DurationField(
        default=timedelta(minutes=30),
        help_text="What a recovery of pending files waits after the last job ended.",
    )
    when_failed = models.CharField(max_length=10, choices=WhenFailed, default=WhenFailed.STOP)
    join = models.BooleanField(
        default=False, help_text="Runs once for all that its parents made in a run."
    )
    data_dispatcher = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_settings],
        help_text="Settings of Data Dispatcher projects.",
    )
    position = models.JSONField(
        default=dict, blank=True, help_text="Where the editor draws it: {x, y}."
    )
    history = HistoricalRecords()
    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["campaign", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="stage_name_is_unique"),
            models.CheckConstraint(
                condition=Q(completion_pct__gt=0, completion_pct__lte=100),
                name="completion_pct_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(output_ancestor_depth__gte=1), name="output_is_at_least_a_child"
            ),
            models.CheckConstraint(
                condition=Q(slices_at_once__gte=1), name="at_least_one_slice_at_once"
            ),
            models.CheckConstraint(
                condition=Q(stage_type__in=StageType.values), name="stage_type_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(creator_role=OwnerRole.ANALYSIS, vo_role__iexact=PRODUCTION),
                name="analysis_does_not_run_as_production",
            ),
            pairs("param_overrides", name="stage_overrides_are_pairs"),
            pairs("test_param_overrides", name="stage_test_overrides_are_pairs"),
            Agree(
                references=["campaign", "job_type", "login_setup"],
                on="experiment",
                name="stage_is_of_one_experiment",
                violation_error_message=(
                    "a stage has its campaign, job type and login setup of one experiment"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.vo_role = self.fitting_role(self.vo_role)

    @property
    def experiment(self) -> Experiment:
        return self.campaign.experiment

    def fitting_role(self, wanted: str) -> str:
        """Return the batch role that it gets where this one is wanted."""
        is_analysis = self.creator_role == OwnerRole.ANALYSIS
        return ANALYSIS if is_analysis and wanted.casefold() == PRODUCTION.casefold() else wanted

    def split_for(self, test: bool) -> str:
        """Return the split that a launch uses: the test split for a test, where there is one."""
        return self.test_split_type if test and self.test_split_type else self.split_type

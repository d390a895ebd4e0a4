"""What should run, as JSON: names instead of numbers where people read it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.api.misspelt import Exact
from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    Experiment,
    JobType,
    LoginSetup,
    Tag,
)


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    class Meta:
        model = Experiment
        fields = ("id", "name", "title", "logbook", "service_desk", "active")


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    experiment = serializers.CharField(source="experiment.name")
    creator = serializers.CharField(source="creator.username")
    tags = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "experiment",
            "creator",
            "creator_role",
            "active",
            "is_test",
            "data_handler",
            "keywords",
            "tags",
            "created",
            "updated",
        )


class EdgeSerializer(serializers.ModelSerializer[CampaignDependency]):
    upstream = serializers.CharField(source="upstream.name")

    class Meta:
        model = CampaignDependency
        fields = ("upstream", "kind", "file_pattern", "position")


class StageSerializer(serializers.ModelSerializer[CampaignStage]):
    campaign = serializers.CharField(source="campaign.name")
    experiment = serializers.CharField(source="campaign.experiment.name")
    job_type = serializers.CharField(source="job_type.name")
    login_setup = serializers.CharField(source="login_setup.name")
    creator = serializers.CharField(source="creator.username")
    fed_by = EdgeSerializer(source="incoming", many=True)

    class Meta:
        model = CampaignStage
        fields = (
            "id",
            "name",
            "campaign",
            "campaign_id",
            "experiment",
            "stage_type",
            "job_type",
            "login_setup",
            "creator",
            "creator_role",
            "dataset",
            "software_version",
            "split_type",
            "test_split_type",
            "slices_at_once",
            "completion_type",
            "completion_pct",
            "output_ancestor_depth",
            "release_at",
            "give_up_after",
            "settle_time",
            "when_failed",
            "join",
            "data_dispatcher",
            "param_overrides",
            "test_param_overrides",
            "merge_overrides",
            "fed_by",
        )


class RecoveryStepField(serializers.ListField):
    """The recovery type, and what it overrides."""

    child = serializers.JSONField()
    min_length = max_length = 2


class JobTypeSerializer(serializers.ModelSerializer[JobType]):
    experiment = serializers.CharField(source="experiment.name")
    recoveries = serializers.SerializerMethodField()

    class Meta:
        model = JobType
        fields = (
            "id",
            "name",
            "experiment",
            "launch_script",
            "parameters",
            "output_file_patterns",
            "recoveries",
            "active",
        )

    @extend_schema_field(serializers.ListField(child=RecoveryStepField()))
    def get_recoveries(self, job_type: JobType) -> list[list[object]]:
        return [[step.recovery_type, step.param_overrides] for step in job_type.recoveries.all()]


class LoginSetupSerializer(serializers.ModelSerializer[LoginSetup]):
    experiment = serializers.CharField(source="experiment.name")

    class Meta:
        model = LoginSetup
        fields = (
            "id",
            "name",
            "experiment",
            "launcher",
            "launch_host",
            "launch_account",
            "launch_setup",
            "active",
        )


class TagSerializer(serializers.ModelSerializer[Tag]):
    experiment = serializers.CharField(source="experiment.name")

    class Meta:
        model = Tag
        fields = ("id", "name", "experiment")


class CampaignFileSerializer(Exact):
    """A campaign file to make the campaign of."""

    file = serializers.CharField(trim_whitespace=False, help_text="The text of the file.")
    experiment = serializers.CharField(
        required=False, help_text="Where to make it, if not in the experiment that the file names."
    )
    replace = serializers.BooleanField(
        default=False, help_text="Change the campaign of that name, if there is one."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Tell what would change, and change nothing."
    )
    analysis = serializers.BooleanField(default=False, help_text="Make it one's own.")


class ImportedSerializer(serializers.Serializer[Any]):
    campaign = serializers.IntegerField(allow_null=True, help_text="None after a dry run.")
    difference = serializers.CharField(allow_blank=True)
    warnings = serializers.ListField(child=serializers.CharField())

"""Submissions and reports as JSON."""

from typing import Any

from rest_framework import serializers

from campaigns.api.misspelt import Exact
from campaigns.api.openapi import BySchema
from submissions.models import Submission, SubmissionHistory
from submissions.reports.reading import report_schema
from submissions.reports.recording import Outcome
from submissions.showing import launched_on, shown_status

INVALID = "invalid"  # the outcome of a report that makes no sense


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    submission_id = serializers.IntegerField(source="pk", read_only=True)
    experiment = serializers.CharField(source="experiment.name", read_only=True)
    campaign = serializers.CharField(source="stage.campaign.name", read_only=True)
    stage = serializers.CharField(source="stage.name", read_only=True)
    stage_id = serializers.IntegerField(read_only=True)
    run_id = serializers.IntegerField(read_only=True)
    original_id = serializers.IntegerField(read_only=True, allow_null=True)
    creator = serializers.CharField(source="creator.username", read_only=True)
    shown_status = serializers.SerializerMethodField()
    data_handler = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = (
            "submission_id",
            "experiment",
            "campaign",
            "stage",
            "stage_id",
            "run_id",
            "original_id",
            "cause",
            "status",
            "shown_status",
            "status_since",
            "data_handler",
            "created",
            "creator",
            "test",
            "dataset",
            "project",
            "jobsub_job_id",
            "jobs",
            "jobs_submitted",
            "pct_complete",
            "completed_at",
            "finished_at",
            "due_at",
        )
        read_only_fields = fields

    def get_shown_status(self, submission: Submission) -> str:
        """Return the status that pages show: on Data Dispatcher one of three."""
        return shown_status(submission)

    def get_data_handler(self, submission: Submission) -> str:
        return launched_on(submission)


class HistorySerializer(serializers.ModelSerializer[SubmissionHistory]):
    who = serializers.CharField(source="who.username", default="", read_only=True)

    class Meta:
        model = SubmissionHistory
        fields = ("status", "at", "actor", "who", "source", "note")


class ExternalSerializer(Exact):
    """A launch made outside POMS: its stage, by id or by campaign and name."""

    stage_id = serializers.IntegerField(required=False)
    experiment = serializers.CharField(required=False, max_length=16)
    campaign = serializers.CharField(required=False, max_length=200)
    stage = serializers.CharField(required=False, max_length=200)
    command_executed = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100_000
    )
    dataset = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "stage_id" not in attrs and not {"experiment", "campaign", "stage"} <= attrs.keys():
            raise serializers.ValidationError(
                "name the stage by stage_id, or by experiment, campaign and stage"
            )
        return attrs


class ReportSerializer(BySchema):
    json_schema = report_schema()


class AnswerSerializer(serializers.Serializer[Any]):
    """What became of a report; ``detail`` says what is wrong with an invalid one."""

    submission_id = serializers.JSONField(help_text="As it was sent.")
    outcome = serializers.ChoiceField([*Outcome, INVALID])
    status = serializers.CharField(required=False, allow_blank=True)
    detail = serializers.JSONField(required=False)


class TokenSerializer(Exact):
    token = serializers.CharField(help_text="That of the launch attempt.")


class LeaveSerializer(serializers.Serializer[Any]):
    deadline = serializers.DateTimeField(help_text="Submit before, or not at all.")
    attempt = serializers.IntegerField()


class UsedFileSerializer(serializers.Serializer[Any]):
    """A file of the stage's owner, as it was when the attempt was made."""

    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class LaunchLogSerializer(serializers.Serializer[Any]):
    attempt = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    log = serializers.CharField(allow_blank=True)
    uploads = UsedFileSerializer(many=True)

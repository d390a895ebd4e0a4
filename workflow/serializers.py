"""Launches, holds, schedules and decisions as JSON."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from campaigns.api.keys import LARGEST
from campaigns.api.misspelt import Exact
from campaigns.parameters import validate_overrides
from workflow.bulk import ACTS
from workflow.models import Decision, Hold, LeftBehindAs, Schedule


class LaunchSerializer(Exact):
    stage = serializers.IntegerField(required=False)
    campaign = serializers.IntegerField(required=False)
    test = serializers.BooleanField(default=False)
    dataset = serializers.CharField(default="", allow_blank=True, max_length=1000)
    param_overrides = serializers.JSONField(required=False)

    def validate_param_overrides(self, value: Any) -> Any:
        try:
            validate_overrides(value)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("stage" in attrs) == ("campaign" in attrs):
            raise serializers.ValidationError("name a stage or a campaign")
        return attrs


class LaunchedSerializer(serializers.Serializer[Any]):
    """What was launched; ``detail`` says what it waits for."""

    submission_id = serializers.IntegerField()
    submission_ids = serializers.ListField(child=serializers.IntegerField())
    run_id = serializers.IntegerField()
    detail = serializers.CharField(required=False)


class RecoverySerializer(Exact):
    submission = serializers.IntegerField()
    recovery_type = serializers.CharField()


class ControlSerializer(Exact):
    """What to do with the jobs of which."""

    act = serializers.ChoiceField(choices=list(ACTS))
    submission = serializers.IntegerField(required=False)
    stage = serializers.IntegerField(required=False)
    campaign = serializers.IntegerField(required=False)
    after = serializers.IntegerField(
        default=0, min_value=0, max_value=LARGEST, help_text="Only submissions with larger ids."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.keys() - {"act", "after"}) != 1:
            raise serializers.ValidationError("name a submission, a stage or a campaign")
        return attrs


class RefusedSerializer(serializers.Serializer[Any]):
    submission = serializers.IntegerField()
    why = serializers.CharField()


class ControlledSerializer(serializers.Serializer[Any]):
    """To which submissions it was done, why not to others, how many weren't reached in time."""

    done = serializers.ListField(child=serializers.IntegerField())
    refused = RefusedSerializer(many=True)
    left = serializers.IntegerField()


class PlanSerializer(serializers.Serializer[Any]):
    """What a launch of a stage would run."""

    stage = serializers.CharField()
    dataset = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_blank=True)


class HoldSerializer(serializers.ModelSerializer[Hold]):
    who = serializers.CharField(source="who.username")

    class Meta:
        model = Hold
        fields = ("id", "scope", "reason", "who", "since")


class HoldWishSerializer(Exact):
    reason = serializers.CharField()
    stage = serializers.IntegerField(required=False)
    campaign = serializers.IntegerField(required=False)
    experiment = serializers.CharField(required=False)


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    campaign = serializers.CharField(source="campaign.name")
    stage = serializers.CharField(source="stage.name", allow_null=True, default=None)

    class Meta:
        model = Schedule
        fields = ("id", "campaign", "stage", "cron", "next_tick", "active", "note")


class ScheduleWishSerializer(Exact):
    cron = serializers.CharField(help_text="In UTC, such as `0 3 * * *`.")
    stage = serializers.IntegerField(required=False)
    campaign = serializers.IntegerField(required=False)


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    class Meta:
        model = Decision
        fields = (
            "about",
            "conclusion",
            "facts",
            "unknown",
            "first_at",
            "last_at",
            "answers_of",
            "times",
        )


class LeftBehindSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(LeftBehindAs.choices)


class InputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.CharField(allow_blank=True)


class OutputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    located = serializers.BooleanField()


class FiguresSerializer(serializers.Serializer[Any]):
    """What is kept of a submission's files; names only where they were asked for."""

    figures = serializers.DictField(child=serializers.IntegerField())
    states = serializers.DictField(child=serializers.IntegerField())
    asked_at = serializers.DateTimeField(allow_null=True)
    unknown = serializers.CharField(allow_blank=True)
    on_their_way = serializers.DictField(child=serializers.CharField())
    left_behind = LeftBehindSerializer(many=True)
    inputs = InputSerializer(many=True, required=False)
    outputs = OutputSerializer(many=True, required=False)


class FigureFilesSerializer(serializers.Serializer[Any]):
    """A page of the files behind a figure; ``query`` is the question in the service's language."""

    figure = serializers.CharField()
    total = serializers.IntegerField()
    files = serializers.ListField(child=serializers.CharField())
    next_page = serializers.IntegerField(allow_null=True)
    query = serializers.CharField(allow_blank=True)

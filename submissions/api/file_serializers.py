"""Files of the embedded catalogue as JSON, and what jobs say of those of their project."""

from typing import Any

from rest_framework import serializers

from campaigns.api.misspelt import Exact


class DeclarationSerializer(Exact):
    also = frozenset({"experiment"})
    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    metadata = serializers.DictField(default=dict)
    locations = serializers.ListField(child=serializers.CharField(max_length=2000), default=list)
    parents = serializers.ListField(child=serializers.CharField(max_length=255), default=list)
    datasets = serializers.ListField(child=serializers.CharField(max_length=255), default=list)
    checksum = serializers.CharField(max_length=200, default="", allow_blank=True)


class DeclaredSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    outcome = serializers.ChoiceField(["declared", "unchanged"])


class FileSerializer(serializers.Serializer[Any]):
    """What is known of a file."""

    name = serializers.CharField()
    size = serializers.IntegerField()
    checksum = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    made_by_submission = serializers.IntegerField(allow_null=True)
    version = serializers.CharField(allow_blank=True)
    locations = serializers.ListField(child=serializers.CharField())
    parents = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()


class NamesSerializer(serializers.Serializer[Any]):
    """The names of the files of a dataset."""

    files = serializers.ListField(child=serializers.CharField())


class CountSerializer(serializers.Serializer[Any]):
    files = serializers.IntegerField()


class ProjectSerializer(serializers.Serializer[Any]):
    """How many files a project has, and how many of them are in each state."""

    name = serializers.CharField()
    dataset = serializers.CharField(allow_blank=True)
    files = serializers.IntegerField()
    initial = serializers.IntegerField()
    reserved = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class HandleSerializer(Exact):
    also = frozenset({"experiment"})
    worker = serializers.CharField(max_length=255)
    request = serializers.CharField(max_length=64, default="", allow_blank=True)
    file = serializers.CharField(max_length=255, required=False)
    retry = serializers.BooleanField(default=False)
    why = serializers.CharField(max_length=2000, default="", allow_blank=True)


class ReservedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField()
    metadata = serializers.DictField()
    locations = serializers.ListField(child=serializers.CharField())


class NextFileSerializer(serializers.Serializer[Any]):
    file = ReservedSerializer()


class HandledSerializer(serializers.Serializer[Any]):
    file = serializers.CharField()
    outcome = serializers.ChoiceField(["done", "failed"])

"""The catalogue, to look at: jobs and POMS itself write it, nobody by hand.

This layer knows no rights, so it is for superusers and those given Django's view permissions.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from datahandling.models import DatasetDefinition, File, Handle, Location, Parentage, Project


class ReadOnly:
    """Nobody adds, changes or deletes here, whatever their permissions."""

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


class LocationInline(ReadOnly, admin.TabularInline):
    model = Location


class ParentInline(ReadOnly, admin.TabularInline):
    model = Parentage
    fk_name = "child"
    verbose_name = "parent"
    fields = ("parent",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parentage]:
        return super().get_queryset(request).select_related("parent")


@admin.register(File)
class FileAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "name",
        "experiment",
        "size",
        "run",
        "software_version",
        "made_by_submission",
        "created_at",
    )
    list_filter = ("experiment", "created_at")
    search_fields = ("name", "=made_by_submission")
    ordering = ("-pk",)
    show_full_result_count = False
    inlines = (LocationInline, ParentInline)


@admin.register(DatasetDefinition)
class DatasetAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "experiment", "kind", "created_at")
    list_filter = ("experiment", "created_at")
    search_fields = ("name",)
    ordering = ("-pk",)
    show_full_result_count = False

    @admin.display(description="what it is")
    def kind(self, dataset: DatasetDefinition) -> str:
        if dataset.definition is None:
            return "declared files"
        return "frozen list" if dataset.definition["kind"] == "snapshot" else "query"


@admin.register(Project)
class ProjectAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "experiment", "dataset", "created_at", "handles")
    list_filter = ("experiment", "created_at")
    search_fields = ("name",)
    ordering = ("-pk",)
    show_full_result_count = False
    readonly_fields = ("progress", "handles")

    @admin.display(description="files")
    def handles(self, project: Project) -> str:
        handles = reverse("admin:datahandling_handle_changelist")
        return format_html('<a href="{}?project__id__exact={}">files</a>', handles, project.pk)

    def progress(self, project: Project) -> str:
        counts = Project.objects.with_counts().values(*Handle.State.values).get(pk=project.pk)
        return ", ".join(f"{count} {state}" for state, count in counts.items())


@admin.register(Handle)
class HandleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("file", "project", "state", "worker", "attempts", "why", "ended_at")
    list_filter = ("state", "project__experiment")
    list_select_related = ("file", "project")
    search_fields = ("file__name", "project__name", "worker")
    ordering = ("-pk",)
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "project__id__exact" or super().lookup_allowed(lookup, value, request)

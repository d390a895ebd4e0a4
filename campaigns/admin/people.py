"""Experiments, who works for them, and in which role."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from campaigns import access
from campaigns.admin.base import HistoryAdmin, KeyedHistory, PartInline
from campaigns.models import ApiToken, Experiment, Experimenter, Identity, Membership

admin.site.unregister(Group)  # rights go by memberships only


class MembershipForm(forms.ModelForm):
    """A member is chosen once; then only the role changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "experimenter" in self.fields:
            member = self.fields["experimenter"]
            member.disabled = True
            choice = (self.instance.experimenter_id, str(self.instance.experimenter))
            member.widget = forms.Select(choices=[choice])  # an autocomplete costs a query


class MembershipInline(PartInline, admin.TabularInline):
    model = Membership
    form = MembershipForm
    autocomplete_fields = ("experimenter",)
    fields = ("experimenter", "role", "active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("experimenter", "experiment")


@admin.register(Experiment)
class ExperimentAdmin(HistoryAdmin):
    """Root adds experiments; the superusers of one manage it and its members."""

    experiment_path = "pk"
    list_display = ("name", "title", "members", "active")
    list_filter = ("active",)
    search_fields = ("name", "title")
    inlines = (MembershipInline,)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = (
        (None, {"fields": ("name", "title", "active")}),
        ("Links", {"fields": ("logbook", "service_desk")}),
    )

    def may_see(self, request: HttpRequest, item: Any) -> bool:
        return access.may_enter(request.user, item)

    def may_change(self, request: HttpRequest, item: Any) -> bool:
        return access.may_manage(request.user, item)

    def may_add(self, request: HttpRequest) -> bool:
        return access.is_root(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return access.manages_anything(request.user)
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.is_root(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the name, which the systems outside know the experiment by."""
        return () if obj is None or access.is_root(request.user) else ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        active = Count("memberships", filter=Q(memberships__active=True))
        experiments: QuerySet[Experiment] = super().get_queryset(request)
        return experiments.annotate(active_members=active)

    @admin.display(description="active members", ordering="active_members")
    def members(self, experiment: Any) -> int:
        count: int = experiment.active_members
        return count


class IdentityInline(PartInline, admin.TabularInline):
    model = Identity
    fields = ("issuer", "subject")


@admin.register(Experimenter)
class ExperimenterAdmin(KeyedHistory, UserAdmin):
    """Root manages people; who manages an experiment finds them by name, to make them members."""

    list_display = (
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "is_agent",
        "is_superuser",
    )
    list_filter = ("is_active", "is_agent", "is_superuser")
    search_fields = ("username", "first_name", "last_name")
    readonly_fields = ("last_login", "date_joined", "tokens")
    filter_horizontal = ()
    inlines = (IdentityInline,)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("username", "password")}),
        ("Who it is", {"fields": ("first_name", "last_name", "email", "is_agent")}),
        (
            "What it may do",
            {
                "fields": ("is_active", "is_superuser", "tokens"),
                "description": "All else is a matter of memberships: edit them at the experiment.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experimenter]:
        people: QuerySet[Experimenter] = super().get_queryset(request)
        return (
            people
            if access.is_root(request.user)
            else people.filter(is_active=True, is_agent=False)
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_root(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the managers of an experiment find people, without opening anybody's page."""
        if obj is None and request.path.endswith("/autocomplete/"):
            return access.manages_anything(request.user)
        return access.is_root(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.is_root(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.is_root(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.is_root(request.user)

    @admin.display(description="API tokens")
    def tokens(self, person: Any) -> str:
        address = reverse("admin:campaigns_apitoken_changelist")
        return format_html('<a href="{}?user__id__exact={}">show them</a>', address, person.pk)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Whose API tokens there are, for root to revoke; each person makes their own elsewhere."""

    list_display = ("token_key", "user", "scopes", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("token_key", "user__username")
    fields = ("token_key", "user", "scopes", "created", "expiry")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Keep it off the index: the page of each person leads to theirs."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

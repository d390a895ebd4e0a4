"""Job types and login setups: how a stage's jobs are launched."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet

from campaigns.admin.base import PROGRAM, CheckedCampaigns, OwnedAdmin, PartInline
from campaigns.admin.forms import JobTypeForm, LoginSetupForm, PairsField
from campaigns.models import Campaign, CampaignStage, JobType, LoginSetup, RecoveryStep
from campaigns.validation import validate_campaign

OWNER: Any = ("Whose it is", {"fields": (("made_by", "creator_role"), ("created", "updated"))})
LIST = ("name", "experiment", "creator", "creator_role", "active", "updated")
FILTERS = ("active", "creator_role", ("experiment", admin.RelatedOnlyFieldListFilter))


class RecoveryForm(forms.ModelForm):
    param_overrides = PairsField(required=False)

    class Meta:
        model = RecoveryStep
        fields = ("order", "recovery_type", "param_overrides")


class RecoveryInline(PartInline, admin.TabularInline):
    model = RecoveryStep
    form = RecoveryForm
    verbose_name = "recovery"
    verbose_name_plural = (
        "recoveries: each launched once, in this order, over what is still missing"
    )


class PartAdmin(CheckedCampaigns, OwnedAdmin):
    """What stages are made of: several campaigns may use it, and each must remain sound."""

    used_as: ClassVar[str]

    def campaigns_of(self, item: JobType | LoginSetup) -> QuerySet[Campaign]:
        stages = CampaignStage.objects.filter(**{f"{self.used_as}__in": [item.pk]})
        return Campaign.objects.filter(pk__in=stages.values("campaign"))

    def problems_of(self, item: JobType | LoginSetup) -> list[str]:
        return [
            f"campaign {campaign}: {problem}"
            for campaign in self.campaigns_of(item)
            for problem in validate_campaign(campaign)
        ]


@admin.register(JobType)
class JobTypeAdmin(PartAdmin):
    used_as = "job_type"
    form = JobTypeForm
    inlines = (RecoveryInline,)
    list_display = LIST
    list_filter = FILTERS
    formfield_overrides = {models.TextField: {"widget": PROGRAM}}
    fieldsets = (
        (None, {"fields": ("experiment", "name", "active")}),
        ("What is run", {"fields": ("launch_script", "parameters")}),
        ("What it makes", {"fields": ("output_file_patterns",)}),
        OWNER,
    )


@admin.register(LoginSetup)
class LoginSetupAdmin(PartAdmin):
    used_as = "login_setup"
    form = LoginSetupForm
    list_display = ("name", "experiment", "launcher", "launch_account", "launch_host", *LIST[2:])
    list_filter = (*FILTERS, "launcher")
    search_fields: ClassVar[tuple[str, ...]] = (
        *OwnedAdmin.search_fields,
        "launch_host",
        "launch_account",
    )
    formfield_overrides = {models.TextField: {"widget": PROGRAM}}
    fieldsets = (
        (None, {"fields": ("experiment", "name", "active")}),
        (
            "Where the launch script runs",
            {
                "fields": ("launcher", ("launch_account", "launch_host")),
                "description": "An analyst's launches run as and where analysis does at this site.",
            },
        ),
        ("What prepares it", {"fields": ("credential", "launch_setup")}),
        OWNER,
    )

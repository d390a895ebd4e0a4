"""Stages, with the edges that lead to them and from them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import F, QuerySet
from django.http import HttpRequest

from campaigns.admin import dispatcher_form
from campaigns.admin.base import CheckedCampaigns, HistoryAdmin, OfExperiment, PartInline
from campaigns.admin.forms import StageForm
from campaigns.api.keys import read_key
from campaigns.models import Campaign, CampaignDependency, CampaignStage
from campaigns.models.campaigns import EdgeKind

DATASET = forms.Textarea(attrs={"rows": 2, "cols": 90, "spellcheck": "false", "class": "program"})


class EdgeFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Refuse what the database would: two next-slice edges between the same stages."""
        super().clean()
        seen = set()
        for form in self.forms:
            edge = form.instance
            if (
                not form.cleaned_data
                or form in self.deleted_forms
                or edge.kind != EdgeKind.NEXT_SLICE
            ):
                continue
            if (edge.upstream_id, edge.downstream_id) in seen:
                raise forms.ValidationError(
                    "One next-slice edge between the same two stages is enough."
                )
            seen.add((edge.upstream_id, edge.downstream_id))


class EdgeInline(PartInline, admin.TabularInline):
    """Edges to or from this stage; the other end is a stage of the same campaign."""

    model = CampaignDependency
    formset = EdgeFormSet
    other_end: ClassVar[str]
    readonly_fields = ("position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignDependency]:
        return super().get_queryset(request).select_related("upstream", "downstream")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.siblings = self.stages_beside(request, obj)
        return super().get_formset(request, obj, **kwargs)

    def stages_beside(
        self, request: HttpRequest, stage: CampaignStage | None
    ) -> QuerySet[CampaignStage]:
        campaign = stage.campaign if stage else chosen_campaign(request)
        return CampaignStage.objects.visible_to(request.user).filter(campaign=campaign)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == self.other_end:
            kwargs["queryset"] = self.siblings
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.choices = list(field.choices)  # asked once, not once per row
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the links beside a choice: each stage is edited on its own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return without_links(field) if db_field.name == self.other_end else field


class IncomingInline(EdgeInline):
    fk_name = "downstream"
    other_end = "upstream"
    fields = ("upstream", "kind", "file_pattern", "position")
    verbose_name = "incoming edge"
    verbose_name_plural = (
        "comes after: stages that feed this one, or set off its next slice (itself, for a loop)"
    )


class OutgoingInline(EdgeInline):
    """Edges to other stages; a loop is shown among the incoming ones."""

    fk_name = "upstream"
    other_end = "downstream"
    fields = ("downstream", "kind", "file_pattern", "position")
    verbose_name = "outgoing edge"
    verbose_name_plural = (
        "comes before: stages that this one feeds, or whose next slice it sets off"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignDependency]:
        return super().get_queryset(request).exclude(upstream=F("downstream"))

    def stages_beside(
        self, request: HttpRequest, stage: CampaignStage | None
    ) -> QuerySet[CampaignStage]:
        beside = super().stages_beside(request, stage)
        return beside.exclude(pk=stage.pk) if stage else beside


@admin.register(CampaignStage)
class CampaignStageAdmin(CheckedCampaigns, HistoryAdmin):
    form = StageForm
    experiment_path = "campaign__experiment"
    inlines = (IncomingInline, OutgoingInline)
    list_display = (
        "name",
        "campaign",
        "experiment",
        "stage_type",
        "job_type",
        "login_setup",
        "split_type",
        "updated",
    )
    list_select_related = ("campaign__experiment", "job_type", "login_setup")
    list_filter = (
        "stage_type",
        "creator_role",
        ("campaign__experiment", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = (
        "name",
        "campaign__name",
        "campaign__experiment__name",
        "job_type__name",
        "dataset",
    )
    autocomplete_fields = ("campaign",)
    readonly_fields = ("made_by", "creator_role", "created", "updated")
    fieldsets = (
        (None, {"fields": ("campaign", "name", "stage_type")}),
        (
            "What is run, and where",
            {"fields": ("job_type", "login_setup", "vo_role", "software_version")},
        ),
        (
            "Over which data",
            {
                "fields": (
                    "dataset",
                    "split_type",
                    "test_split_type",
                    "slices_at_once",
                    "clear_schedule_when_exhausted",
                    "join",
                )
            },
        ),
        ("Parameters", {"fields": ("param_overrides", "test_param_overrides", "merge_overrides")}),
        (
            "When it counts as done",
            {
                "fields": (
                    "completion_type",
                    "completion_pct",
                    "output_ancestor_depth",
                    "release_at",
                    "give_up_after",
                    "settle_time",
                    "when_failed",
                )
            },
        ),
        (
            "Data Dispatcher",
            {
                "fields": dispatcher_form.FIELDS,
                "classes": ("collapse",),
                "description": "Only for campaigns whose data MetaCat and Data Dispatcher handle. "
                "What is left empty is as the campaign's defaults say.",
            },
        ),
        ("Whose it is", {"fields": (("made_by", "creator_role"), ("created", "updated"))}),
    )

    def campaigns_of(self, item: CampaignStage) -> QuerySet[Campaign]:
        return Campaign.objects.filter(pk=item.campaign_id)

    @admin.display(ordering="campaign__experiment")
    def experiment(self, stage: CampaignStage) -> str:
        return str(stage.experiment)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.TextField):
            kwargs["widget"] = DATASET
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"job_type", "login_setup"}:
            kwargs["widget"] = OfExperiment(db_field, self.admin_site)
        if db_field.name == "campaign":
            kwargs["queryset"] = Campaign.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        campaign = obj.campaign if obj else chosen_campaign(request)
        for name in {"job_type", "login_setup"} & form.base_fields.keys():
            narrow(form.base_fields[name], campaign)
        return form


def without_links(field: Any) -> Any:
    for link in ("add", "change", "delete", "view"):
        setattr(field.widget, f"can_{link}_related", False)
    return field


def narrow(field: Any, campaign: Campaign | None) -> None:
    """Offer only what belongs to the campaign's experiment."""
    select = getattr(field.widget, "widget", field.widget)
    select.experiment = campaign.experiment_id if campaign else None


def chosen_campaign(request: HttpRequest) -> Campaign | None:
    """Return the campaign that a new stage is for: chosen in the form, or named by the link."""
    chosen = request.POST.get("campaign") or request.GET.get("campaign") or ""
    known = read_key(chosen)
    if known is None:
        return None
    return Campaign.objects.visible_to(request.user).filter(pk=known).first()

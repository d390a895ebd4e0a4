"""Campaigns and tags; a campaign's page shows its stages in the order of the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from campaigns import access
from campaigns.admin.base import CheckedCampaigns, HistoryAdmin, OwnedAdmin
from campaigns.admin.forms import CampaignForm
from campaigns.admin.setups import FILTERS, LIST, OWNER
from campaigns.dataservices import what_is_missing
from campaigns.models import Campaign, CampaignDependency, CampaignStage, Tag
from campaigns.models.campaigns import EdgeKind
from campaigns.walking import levels


@dataclass(frozen=True)
class Row:
    """A stage as its campaign's page shows it: how deep in the graph, and fed by whom."""

    level: int
    stage: CampaignStage
    incoming: list[CampaignDependency]


def in_graph_order(
    stages: Iterable[CampaignStage], edges: Iterable[CampaignDependency]
) -> list[Row]:
    """Order stages so that each comes after all that feed it; the longest way is its level."""
    incoming: dict[int, list[CampaignDependency]] = {stage.pk: [] for stage in stages}
    for edge in edges:
        incoming[edge.downstream_id].append(edge)
    feeds = ((e.upstream_id, e.downstream_id) for e in edges if e.kind == EdgeKind.FEEDS)
    level = levels(incoming, feeds)
    rows = [Row(level[stage.pk], stage, incoming[stage.pk]) for stage in stages]
    return sorted(rows, key=lambda row: (row.level, row.stage.name))


def rows_of(campaign: Campaign) -> list[Row]:
    stages = campaign.stages.select_related("job_type", "login_setup")
    edges = CampaignDependency.objects.filter(downstream__campaign=campaign).select_related(
        "upstream"
    )
    return in_graph_order(stages, edges)


@admin.register(Campaign)
class CampaignAdmin(CheckedCampaigns, OwnedAdmin):
    form = CampaignForm
    change_form_template = "admin/campaigns/campaign/change_form.html"
    list_display = ("name", "experiment", "stages", "is_test", *LIST[2:])
    list_filter = (*FILTERS, "is_test")
    autocomplete_fields = ("tags",)
    search_fields: ClassVar[tuple[str, ...]] = (*OwnedAdmin.search_fields, "tags__name")
    fieldsets = (
        (None, {"fields": ("experiment", "name", "active", "is_test")}),
        ("Data", {"fields": ("data_handler",)}),
        ("For its stages", {"fields": ("keywords", "defaults")}),
        ("To find it by", {"fields": ("tags",)}),
        OWNER,
    )

    def campaigns_of(self, item: Campaign) -> QuerySet[Campaign]:
        return Campaign.objects.filter(pk=item.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        campaigns: QuerySet[Campaign] = super().get_queryset(request)
        return campaigns.annotate(number_of_stages=Count("stages"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        missing = what_is_missing(form.instance)
        if missing:
            self.message_user(request, missing, "WARNING")

    @admin.display(description="stages", ordering="number_of_stages")
    def stages(self, campaign: Any) -> int:
        count: int = campaign.number_of_stages
        return count

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        campaign = context["original"]
        if campaign is not None:
            context["stage_rows"] = rows_of(campaign)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Tag)
class TagAdmin(HistoryAdmin):
    """Whoever makes campaigns makes tags for them; who manages the experiment cleans them up."""

    list_display = ("name", "experiment")
    list_filter = (("experiment", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("experiment",)
    search_fields = ("name", "experiment__name")

    def may_change(self, request: HttpRequest, item: Any) -> bool:
        return access.may_manage(request.user, item.experiment)

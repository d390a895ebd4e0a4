"""What the admin's pages share: rights by ``campaigns.access``, not by Django's permissions."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import BaseModelAdmin, InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from campaigns import access
from campaigns.api.keys import read_key
from campaigns.models import Campaign
from campaigns.validation import validate_campaign

PROGRAM = forms.Textarea(attrs={"rows": 6, "cols": 90, "spellcheck": "false", "class": "program"})


class VisibleChoices(BaseModelAdmin):
    """Offers, in each field, only what the member may see."""

    def get_field_queryset(
        self, db: Any, db_field: Any, request: HttpRequest
    ) -> QuerySet[Any] | None:
        related = db_field.remote_field.model._default_manager
        if hasattr(related, "visible_to"):
            visible: QuerySet[Any] = related.visible_to(request.user)
            return visible
        return super().get_field_queryset(db, db_field, request)


class MembersAdmin(VisibleChoices, ModelAdmin):
    """Pages that each member sees for their experiments; subclasses say who may change what."""

    experiment_path = "experiment"
    list_per_page = 50

    def may_see(self, request: HttpRequest, item: Any) -> bool:
        return access.may_enter(request.user, item.experiment)

    def may_change(self, request: HttpRequest, item: Any) -> bool:
        return access.may_edit(request.user, item)

    def may_add(self, request: HttpRequest) -> bool:
        return access.creates_anything(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.visible_to(super().get_queryset(request), request.user, self.experiment_path)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_member(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.is_member(request.user) if obj is None else self.may_see(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_add(request) if obj is None else self.may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what a link fills in beforehand; of other items, only what can be their keys."""
        said: dict[str, Any] = super().get_changeform_initial_data(request)
        related = {field.name for field in self.opts.get_fields() if field.is_relation}
        return {
            name: value
            for name, value in said.items()
            if name not in related or all(map(read_key, _listed(value)))
        }

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        form.problems = getattr(request, "problems", [])
        return form


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class KeyedHistory(SimpleHistoryAdmin):
    """Finds no history, and no version, under what can't be a key."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        _require_keys(object_id)
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        _require_keys(object_id, version_id)
        page: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return page


def _require_keys(*written: str) -> None:
    if not all(map(read_key, written)):
        raise Http404("there is nothing of that number")


class HistoryAdmin(MembersAdmin, KeyedHistory):
    """Tells who changed what, to those who may see it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show who changed what; of what isn't there, or not for this member, nothing."""
        self._require_visible(request, object_id)
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show an old version; putting it back here would go past the checks of an edit."""
        self._require_visible(request, object_id)
        if request.method != "GET":
            raise PermissionDenied("an old version is only shown: edit the present one instead")
        page: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return page

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    @admin.display(description="creator")
    def made_by(self, item: Any) -> str:
        """Name the creator, without the link that a field has to a page that few may open."""
        return str(item.creator)

    def _require_visible(self, request: HttpRequest, object_id: str) -> None:
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404("there is nothing of that number, or it isn't for you")


class OwnedAdmin(HistoryAdmin):
    """Items of an experiment that belong to an analyst or to the production team."""

    readonly_fields = ("made_by", "creator_role", "created", "updated")
    list_select_related: ClassVar[Any] = ("experiment", "creator")
    search_fields: ClassVar[tuple[str, ...]] = ("name", "experiment__name", "creator__username")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Narrow an autocomplete to the experiment its form is about (see ``OfExperiment``)."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        experiment = request.GET.get("of_experiment", "")
        if experiment:
            found = found.filter(experiment=read_key(experiment), active=True)
        return found, duplicates


class OfExperiment(AutocompleteSelect):
    """An autocomplete over one experiment's items."""

    experiment: int | None = None

    def get_url(self) -> str:
        url = super().get_url()
        return url if self.experiment is None else f"{url}?of_experiment={self.experiment}"


class CheckedCampaigns(ModelAdmin):
    """Saves what makes no campaign worse.

    The rules are about a campaign as a whole, and a page changes several rows of it. So they are
    saved, the campaigns are looked at, and where one has got a new problem all of it is rolled
    back and the page is shown again with the reasons.
    """

    def campaigns_of(self, item: Any) -> QuerySet[Campaign]:
        raise NotImplementedError

    def problems_of(self, item: Any) -> list[str]:
        """Return what is wrong with the campaigns of ``item`` as they are stored."""
        return [
            problem
            for campaign in self.campaigns_of(item)
            for problem in validate_campaign(campaign)
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except MadeWorse as refused:
            request.problems = refused.problems  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.known_problems = self.problems_of(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        problems = self.problems_of(form.instance)
        worse = [problem for problem in problems if problem not in form.known_problems]
        if worse:
            raise MadeWorse(worse)


class MadeWorse(Exception):
    """What was saved has given a campaign new problems."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class PartInline(VisibleChoices, InlineModelAdmin):
    """Rows that belong to the page's item, and follow its rights."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)

    def _page(self) -> ModelAdmin:
        page: ModelAdmin = self.admin_site.get_model_admin(self.parent_model)
        return page

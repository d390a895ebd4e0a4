"""Data services: where an experiment's files are known, what opens that, and whether it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from campaigns import access
from campaigns.admin.base import HistoryAdmin
from campaigns.admin.dataservice_form import DataServiceForm
from campaigns.models import DataService
from campaigns.templatetags.moments import moment
from campaigns.validation import services
from datahandling.handlers import handler_for
from datahandling.models import ServiceHealth

CREDENTIAL = ("credential", "credential_file")
HEALTH = (
    "server",
    "failures",
    "failing_since",
    "last_error",
    "last_answer_at",
    "nonsense",
    "nonsense_at",
)
MAKES_NO_SENSE = Q(nonsense_at__gt=F("last_answer_at")) | Q(
    last_answer_at=None, nonsense_at__isnull=False
)


@admin.register(DataService)
class DataServiceAdmin(HistoryAdmin):
    """Who manages an experiment sets up its services; which secret opens them is root's to say."""

    form = DataServiceForm
    change_form_template = "admin/campaigns/dataservice/change_form.html"
    list_display = ("__str__", "health", "url")
    list_filter = ("kind", ("experiment", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("experiment",)
    search_fields = ("experiment__name", "url", "metacat_url")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = (
        (None, {"fields": ("experiment", "kind", "url")}),
        (
            "Data Dispatcher and MetaCat",
            {"fields": ("auth_url", "metacat_url", "metacat_auth_url", "namespace")},
        ),
        (
            "What opens it",
            {
                "fields": ("owner", *CREDENTIAL),
                "description": "POMS stores no secret, only the name of its file. Root chooses "
                "that, and then also the addresses to which the secret is shown.",
            },
        ),
        ("Links", {"fields": ("file_page", "fts_url")}),
        ("How it is asked", {"fields": ("connect_timeout", "read_timeout", "at_once")}),
    )

    def may_change(self, request: HttpRequest, item: Any) -> bool:
        return access.may_manage(request.user, item.experiment)

    def may_add(self, request: HttpRequest) -> bool:
        return access.manages_anything(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep root's secrets, and where they are sent, from those who manage an experiment."""
        if access.is_root(request.user):
            return ()
        opened = obj is not None and bool(obj.credential_file)
        return (*CREDENTIAL, *services.ADDRESSES) if opened else CREDENTIAL

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataService]:
        rows: QuerySet[DataService] = super().get_queryset(request)
        asked = ServiceHealth.objects.filter(
            kind=OuterRef("kind"), experiment=OuterRef("experiment__name")
        )
        odd = Case(When(MAKES_NO_SENSE, then=1), default=0)
        worst = asked.order_by("-failures", odd.desc(), F("last_answer_at").desc(nulls_last=True))
        said = worst.values(said=JSONObject(**{name: name for name in HEALTH}))
        return rows.annotate(worst_server=Subquery(said[:1]))

    @admin.display(description="how it answers")
    def health(self, service: Any) -> str:
        return shown_health(service.worst_server)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for warning in services.warnings(obj.service):
            self.message_user(request, warning, "WARNING")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        here = path("<path:object_id>/try/", view, name="campaigns_dataservice_try")
        return [here, *super().get_urls()]

    @method_decorator(require_POST)
    def try_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask each part of the service, as it is saved, something harmless; show what came."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404("there is nothing of that number, or it isn't for you")
        if not access.may_try(request.user, row.experiment):
            raise PermissionDenied("your role doesn't let you try this service")
        handler = handler_for(row.kind, row.experiment.name, row.service)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"Trying {row}",
            "trials": handler.try_it(),
            "warnings": services.warnings(row.service),
        }
        return render(request, "admin/campaigns/dataservice/tried.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        context["may_try"] = row is not None and access.may_try(request.user, row.experiment)
        return super().render_change_form(request, context, *args, **kwargs)


def shown_health(server: dict[str, Any] | None) -> str:
    """Say how the server that answers worst has answered lately."""
    if server is None:
        return "not asked yet"
    answered, nonsense = _at(server["last_answer_at"]), _at(server["nonsense_at"])
    if not server["failures"] and nonsense is not None and (not answered or nonsense > answered):
        return format_html(
            '<span class="no-answer">answered nonsense {} at {}</span><br>{}',
            moment(nonsense),
            server["server"],
            server["nonsense"],
        )
    if not server["failures"]:
        return format_html("answered {}", moment(answered))
    return format_html(
        '<span class="no-answer">no answer since {} from {}</span><br>{}',
        moment(_at(server["failing_since"])),
        server["server"],
        server["last_error"],
    )


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

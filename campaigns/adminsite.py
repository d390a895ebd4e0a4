"""The admin's front door: any active member of an experiment may enter."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from campaigns import access


class PomsAdminSite(admin.AdminSite):
    site_title = "POMS"
    site_header = "POMS configuration"
    index_title = "What should run"
    site_url = "/"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return access.is_member(request.user)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send the unknown to the one login page, and tell the known why they may not enter."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(f"{request.user} is no active member of any experiment")
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(wanted)

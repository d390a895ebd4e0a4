"""Every address that POMS answers."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from pomsproject import login
from pomsproject.health import healthz

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("pomsproject.api")),
    path("poms/", include("pomsproject.compat.urls")),
    path("healthz", healthz, name="healthz"),
    path("login/", login.LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("tokens/", login.tokens, name="tokens"),
    path("tokens/make/", login.make_token, name="make-token"),
    path("tokens/revoke/", login.revoke_token, name="revoke-token"),
    path("", include("campaigns.urls")),
    path("", include("submissions.urls")),
    path("", include("workflow.urls")),
]

handler404 = "pomsproject.refusing.not_found"
handler500 = "pomsproject.refusing.failed"

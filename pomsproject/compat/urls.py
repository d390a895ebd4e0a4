"""The addresses: ``/poms/<name>``, or ``/poms/<name>/<experiment>/<role>[/<user>]``."""

from django.urls import re_path

from pomsproject.compat.table import ENDPOINTS
from pomsproject.compat.views import CompatView, unknown

ACTING = r"(?:/(?P<experiment>[\w-]+)/(?P<role>[\w-]+)(?:/(?P<username>[\w.@+-]+))?)?"

urlpatterns = [
    re_path(
        rf"^{endpoint.name}{ACTING}/?\Z",
        CompatView.as_view(endpoint=endpoint),
        name=f"compat-{endpoint.name}",
    )
    for endpoint in ENDPOINTS
] + [re_path(r"^(?P<rest>.*)\Z", unknown, name="compat-unknown")]

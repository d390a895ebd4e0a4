"""Where the API is described: its OpenAPI schema, and a page to read and try it on."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class SchemaView(APIView):
    """The schema; open to everybody, for it says nothing of what there is."""

    schema = None
    renderer_classes = (OpenApiYamlRenderer, OpenApiJsonRenderer)
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response(make_schema())


@cache
def make_schema() -> dict[str, Any]:
    """Return the schema, which takes a second to make and is the same for all."""
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


class DocsView(SpectacularSwaggerSplitView):
    """The page, without scripts and styles in itself, which our CSP refuses."""

    url_name = "api-schema"
    template_name = "api/docs.html"
    authentication_classes = ()
    permission_classes = (AllowAny,)

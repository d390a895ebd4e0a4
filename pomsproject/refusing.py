"""Turns requests away that nothing here could store; refuses programs in JSON, people on a page."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from datahandling import storable

Answer = Callable[[HttpRequest], HttpResponse]


class RefuseUnstorable:
    """Answers 400 to NUL and half characters in address, cookies or form, 413 to too large a body.

    To a form whose files have names that lead elsewhere 400 as well (``campaigns.multipart``).

    What the API is sent as JSON its parser looks at (``campaigns.api.parsing``).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = is_for_programs(request)
        in_json = is_api or request.path_info.startswith("/poms/")
        if _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
            return _refuse(f"send at most {most} MiB at once", in_json, 413)
        try:
            for text in _texts(request, is_api):
                storable.require_text(text)
        except ValueError as error:
            return _refuse(str(error), in_json, 400)
        return self.get_response(request)


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return _refuse(f"there is no {request.path_info}; see docs/reference/api.md", True, 404)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    if is_for_programs(request):
        return _refuse("POMS failed to answer; its log says why", True, 500)
    return defaults.server_error(request)


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _texts(request: HttpRequest, is_api: bool) -> Iterator[str]:
    yield request.path_info
    forms = [request.GET] if is_api else [request.GET, request.POST]
    for form in forms:
        for name, values in form.lists():
            yield name
            yield from map(str, values)
    for _, files in () if is_api else request.FILES.lists():
        yield from map(str, files)
    yield from request.COOKIES.values()


def _refuse(why: str, in_json: bool, status: int) -> HttpResponse:
    if in_json:
        return JsonResponse({"detail": why}, status=status)
    return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")

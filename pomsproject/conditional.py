"""Who asks the API for what they have already is told so, and sent nothing."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control

from pomsproject.refusing import is_for_programs


class UnchangedAnswers(ConditionalGetMiddleware):
    """Gives answers an ETag, and answers 304 where ``If-None-Match`` names it.

    The answer is made all the same: what is spared is its way, and its reader's work. Caches keep
    it for the one who asked only.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not is_for_programs(request) or response.status_code != 200:
            return response
        patch_cache_control(response, private=True, no_cache=True)
        return super().process_response(request, response)

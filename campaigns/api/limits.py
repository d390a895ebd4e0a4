"""How many requests the API takes of one caller in a minute."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from campaigns.models import ApiToken, Experimenter

if TYPE_CHECKING:  # it imports this module
    from rest_framework.views import APIView

MINUTE = 60


class PerMinute(BaseThrottle):
    """Takes ``settings.API_LIMITS`` requests of each token, person or address in each minute.

    The count is in the cache of this server process: as many processes take as many times more.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        kind, who = self._caller(request)
        key = f"requests:{who}:{time.time() // MINUTE:.0f}"
        cache.add(key, 0, 2 * MINUTE)
        try:
            return cache.incr(key) <= settings.API_LIMITS[kind]
        except ValueError:  # the cache was full and dropped it
            return True

    def wait(self) -> float:
        """Return in how many seconds the next minute begins."""
        return math.ceil(MINUTE - time.time() % MINUTE)

    def _caller(self, request: Request) -> tuple[str, str]:
        user: Any = request.user
        if isinstance(request.auth, ApiToken):
            return "person", f"token:{request.auth.pk}"
        if isinstance(user, Experimenter):
            return "person", f"person:{user.pk}"
        if user.is_authenticated:
            return "job", f"job:{user.submission.pk}"
        return "anonymous", f"address:{self.get_ident(request)}"

"""What the API says of what isn't there, or isn't for who asks: in POMS's words, not Django's."""

import re
from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler

DJANGOS = re.compile(r"No (\w+) matches the given query\.")
WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
NAMES = {"CampaignStage": "stage"}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception, as ``EXCEPTION_HANDLER``."""
    if isinstance(error, Http404) and (said := DJANGOS.fullmatch(str(error))):
        error = NotFound(_there_is_none(said[1], context["kwargs"].get("pk")))
    return exception_handler(error, context)


def _there_is_none(model: str, key: object) -> str:
    """Say which; its key is that of the address, where it is there that it is named."""
    what = NAMES.get(model) or WORD.sub(" ", model).lower()
    return f"there is no {what} {key} that you may see" if key else f"there is no such {what}"

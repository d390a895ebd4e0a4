"""``/healthz``: whether POMS works, and how long ago things last happened."""

from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from submissions.models import Agent, Submission
from submissions.statuses import Status


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer with ages in seconds, null where there is nothing: 200, or 503 without a database.

    Anybody may ask, so it names no submission.
    """
    try:
        return JsonResponse(_ages())
    except DatabaseError:
        return JsonResponse({"ok": False, "detail": "the database doesn't answer"}, status=503)


def _ages() -> dict[str, Any]:
    agents = list(Agent.objects.all())
    heard = max((agent.heard_at for agent in agents), default=None)
    waiting = Submission.objects.filter(status=Status.COMPLETED, due_at__lte=timezone.now())
    oldest = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return {
        "ok": True,
        "last_agent_heard": _age(heard),
        "oldest_completed_due": _age(oldest),
        "agents": [
            {"source": agent.source, "heard": _age(agent.heard_at), "silent": agent.is_silent}
            for agent in agents
        ],
    }


def _age(at: datetime | None) -> float | None:
    return None if at is None else round((timezone.now() - at).total_seconds(), 1)

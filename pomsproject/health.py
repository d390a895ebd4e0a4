"""``/healthz``: whether POMS works, and how long ago things last happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from submissions.models import Agent, Submission
from submissions.statuses import Status
from workflow.models import Worker


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer with ages in seconds, null where there is nothing: 200, or 503 without a database.

    Anybody may ask, so it names no submission.
    """
    try:
        return JsonResponse(_health())
    except DatabaseError:
        return JsonResponse({"ok": False, "detail": "the database doesn't answer"}, status=503)


def _health() -> dict[str, Any]:
    agents, workers = list(Agent.objects.all()), list(Worker.objects.all())
    waiting = Submission.objects.filter(status=Status.COMPLETED, due_at__lte=timezone.now())
    oldest = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return {
        "ok": True,
        "degraded": [*_late(workers), *_silent(agents)],
        "last_pass": _age(max((worker.passed_at for worker in workers), default=None)),
        "last_agent_heard": _age(max((agent.heard_at for agent in agents), default=None)),
        "oldest_completed_due": _age(oldest),
        "workers": [
            {"worker": str(worker), "last_pass": _age(worker.passed_at), "late": worker.is_late}
            for worker in workers
        ],
        "agents": [
            {"source": agent.source, "heard": _age(agent.heard_at), "silent": agent.is_silent}
            for agent in agents
        ],
    }


def _late(workers: Sequence[Worker]) -> Iterator[str]:
    if not workers:
        yield "nobody does passes: run manage.py wrapup_tasks from cron, or with --loop"
    for worker in workers:
        if worker.is_late:
            yield f"the last pass of {worker} ended {_age(worker.passed_at):.0f} s ago"


def _silent(agents: Sequence[Agent]) -> Iterator[str]:
    for agent in agents:
        if agent.is_silent:
            yield f"the agent {agent} was last heard {_age(agent.heard_at):.0f} s ago"


def _age(at: datetime | None) -> float | None:
    return None if at is None else round((timezone.now() - at).total_seconds(), 1)

"""One submission: what it is, how it is, and how its launch went."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from campaigns.access import User
from campaigns.dispatcher import in_words
from campaigns.parameters import Parameter, UnknownPlaceholder
from submissions.differences import Difference, differences, settings_of
from submissions.launching import script
from submissions.listing import visible, with_row_parts
from submissions.models import LaunchAttempt, Submission
from submissions.showing import with_shown_parts
from submissions.snapshots import describe


def find_submission(user: User, pk: int) -> Submission:
    rows = with_row_parts(visible(user)).select_related(
        "run", "snapshot", "original", "replaced_by", "stage__job_type", "stage__login_setup"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    found = find_submission(request.user, pk)
    parameters, refusal = _parameters(found)
    context = _now(found) | {
        "parameters": parameters,
        "refusal": refusal,
        "command": script.mask(found.command_executed),
        "settings": [(name, _shown(value)) for name, value in settings_of(found.snapshot.content)],
        "differences": [
            Difference(d.setting, _shown(d.then), _shown(d.now))
            for d in differences(found.snapshot.content, describe(found.stage))
        ],
    }
    return render(request, "submissions/submission.html", context)


@require_GET
@login_required
def now(request: HttpRequest, pk: int) -> HttpResponse:
    """What changes by itself: status, jobs, history, what it led to.

    Tells the rest of the page when it moved since it ``was`` in another status.
    """
    found = find_submission(request.user, pk)
    response = render(request, "submissions/_now.html", _now(found))
    if request.GET.get("was", found.status) != found.status or not found.in_flight:
        trigger_client_event(response, "moved")
    return response


def _now(found: Submission) -> dict[str, Any]:
    related = Submission.objects.select_related("stage")
    fed = related.filter(fed_by__parent=found.pk) | related.filter(
        slice_of__fed_by__parent=found.pk
    )
    return {
        "submission": found,
        "slice_number": _slice_number(found),
        "replaces": related.filter(replaced_by=found).first(),
        "recoveries": with_shown_parts(related.recoveries_of(found.pk).order_by("pk")),
        "dependents": with_shown_parts(fed.distinct().order_by("pk"))[:50],
        "history": found.history.select_related("who").order_by("-pk"),
        "exit_codes": _exit_codes(found.jobs),
    }


def _exit_codes(jobs: dict[str, Any]) -> list[tuple[str, Any]]:
    counts = jobs.get("by_exit_code")
    return sorted(counts.items()) if isinstance(counts, dict) else []


def _slice_number(found: Submission) -> int | None:
    """Return the how-many-th slice of its pass it is, from one."""
    if found.slice_of_id is None:
        return None
    slices = Submission.objects.filter(slice_of=found.slice_of_id, replaced_by=None, original=None)
    return slices.filter(pk__lt=found.pk).count() + 1


def _parameters(found: Submission) -> tuple[list[Parameter], str]:
    try:
        return script.plan(found, project=found.project).parameters, ""
    except UnknownPlaceholder as error:
        return [], str(error)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "idle_timeout" in value:  # the settings of projects
        value = ", ".join(f"{name}: {word}" for name, word in in_words(value))
    return script.mask("–" if value in ("", None, [], {}) else str(value))


@require_GET
@login_required
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """What each attempt at the launch ran and said, the last one first; secrets masked."""
    found = find_submission(request.user, pk)
    attempts = [
        (attempt, script.read_log(attempt), _script(attempt))
        for attempt in found.attempts.order_by("-number")
    ]
    return render(request, "submissions/_log.html", {"submission": found, "attempts": attempts})


def _script(attempt: LaunchAttempt) -> str:
    try:
        return script.mask((attempt.folder / "script.sh").read_text(errors="replace"))
    except OSError:
        return ""

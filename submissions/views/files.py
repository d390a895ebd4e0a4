"""A submission's files: the card of its figures, the lists behind them, its project, one file.

The card shows what is kept; the rest asks the data handler, at a click.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from campaigns.access import User, may_launch
from campaigns.dispatcher import in_words
from campaigns.templatetags.moments import clock
from datahandling.base import QueryError, Unknown
from datahandling.errors import TooMuch
from datahandling.handles import NOT_LOCATED
from datahandling.query import HANDLE_STATES
from submissions.figures import figures_for, lookups
from submissions.figures.lookups import Part
from submissions.figures.sums import row_of
from submissions.listing import visible
from submissions.models import Submission
from submissions.outputs import find_outputs
from submissions.transfers import find_on_their_way
from submissions.views.outputs import PICTURES

PICTURES_AT_MOST = 12


def find_submission(user: User, pk: int) -> Submission:
    rows = visible(user).select_related("snapshot", "stage__campaign__experiment", "statistics")
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures as they were last asked for, what is on its way, and what can be looked at."""
    found = find_submission(request.user, pk)
    outputs = find_outputs(found.pk)
    context = {
        "submission": found,
        "row": row_of(found, figures_for(found)),
        "on_their_way": find_on_their_way(found),
        "outputs": outputs,
        "pictures": [file for file in outputs if file.name.lower().endswith(PICTURES)][
            :PICTURES_AT_MOST
        ],
    }
    return render(request, "submissions/_files.html", context)


@require_GET
@login_required
def figure(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The files behind a figure, asked for now, page by page."""
    found = find_submission(request.user, pk)
    wanted = lookups.figure_of(found, key)
    if wanted is None:
        raise Http404(f"submission {pk} has no list of files {key}")
    part = Part.read(request.GET.get("page", ""))
    context: dict[str, Any] = {"submission": found, "figure": wanted, "part": part}
    try:
        files = lookups.list_files(found, wanted, part)
    except (Unknown, QueryError) as error:
        context |= _no_answer(error)
    else:
        last = part.start + len(files.names)
        context |= {"files": files, "last": last, "next": part.next_of(files.total)}
    return render(request, "submissions/figure.html", context)


@require_GET
@login_required
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """The handles of its project, all or those in a state."""
    found = find_submission(request.user, pk)
    if not found.project:
        raise Http404(f"submission {pk} has no project")
    part = Part.read(request.GET.get("page", ""))
    state = request.GET.get("state", "")
    wanted = state if state in (*HANDLE_STATES, NOT_LOCATED) else None
    context: dict[str, Any] = {"submission": found, "part": part, "state": wanted or ""}
    try:
        look = lookups.look_at_project(found, wanted, part)
    except (Unknown, QueryError) as error:
        context |= _no_answer(error)
    else:
        context |= {
            "look": look,
            "facts": [(name, _as_read(fact)) for name, fact in look.facts.items()],
            "states": list(_states(look)),
            "narrowed": f"state={wanted}&" if wanted else "",
            "shows_attempts": any(row.attempts is not None for row in look.handles.rows),
            "shows_worker": any(row.worker for row in look.handles.rows),
            "shows_replicas": any(row.replicas is not None for row in look.handles.rows),
            "next": part.next_of(look.handles.total),
            "settings": _settings(found),
            "may_restart": look.may_restart and may_launch(request.user, found.stage),
        }
    return render(request, "submissions/project.html", context)


def _states(look: lookups.ProjectLook) -> Iterator[tuple[str, int]]:
    """Yield what the handles can be narrowed to, and how many there are; "" stands for all."""
    yield "", look.summary.files
    for state in HANDLE_STATES:
        yield state, getattr(look.summary, state)
    if NOT_LOCATED in look.summary.details:
        yield NOT_LOCATED, look.summary.details[NOT_LOCATED]


def _settings(submission: Submission) -> list[tuple[str, str]]:
    """The stage's settings for projects, as they were at the launch."""
    settings: dict[str, Any] = submission.snapshot.content["stage"].get("data_dispatcher") or {}
    return in_words(settings)


def _as_read(fact: str) -> str:
    """Return a fact of a service as people read it: points in time come in ISO 8601."""
    try:
        at = parse_datetime(fact)
    except ValueError:
        return fact
    if at is None:
        return fact
    return clock(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


@require_GET
@login_required
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: on the service's own page about it, else here."""
    found = find_submission(request.user, pk)
    name = request.GET.get("name", "")
    context: dict[str, Any] = {"submission": found, "name": name}
    try:
        with lookups.at_a_click():
            if (address := lookups.find_page_of(found, name)) is not None:
                return redirect(address)
            known = lookups.look_at_file(found, name)
        context["parents"] = known.pop("parents", [])
        context["facts"] = [(_words(key), list(_lines(value))) for key, value in known.items()]
    except (Unknown, QueryError) as error:
        context |= _no_answer(error)
    return render(request, "submissions/file.html", context)


def _no_answer(error: Exception) -> dict[str, Any]:
    return {"no_answer": str(error), "takes_too_long": isinstance(error, TooMuch)}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _lines(value: Any) -> Iterator[str]:
    """Yield what is known of a file as lines to read; nothing for what is empty."""
    if isinstance(value, dict):
        yield from (f"{key}: {part}" for key, part in value.items())
    elif isinstance(value, list):
        yield from (str(part) for part in value)
    elif value not in (None, ""):
        yield str(value)

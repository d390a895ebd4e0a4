"""Buttons for the jobs of a whole stage or campaign; a page shows how far it is with many."""

from dataclasses import dataclass
from typing import Self

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from campaigns.access import may_launch
from campaigns.api.keys import read_key
from campaigns.models import Experimenter
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from workflow.bulk import ACTS, Outcome, control_many, tell
from workflow.controls import Refused
from workflow.views.answers import require
from workflow.views.campaigns import find_campaign
from workflow.views.launches import find_stage

A_MOMENT = 3.0  # seconds for which nobody is shown how far it is


@dataclass(frozen=True)
class SoFar:
    """How far it is with those that earlier requests of the same wish were about."""

    after: int = 0
    done: int = 0
    refused: int = 0
    example: str = ""
    left: int = 0

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        numbers = {name: read_key(request.POST.get(name)) or 0 for name in NUMBERS}
        return cls(**numbers, example=request.POST.get("example", ""))

    def __add__(self, outcome: Outcome) -> "SoFar":
        return SoFar(
            outcome.reached or self.after,
            self.done + len(outcome.done),
            self.refused + len(outcome.refused),
            self.example or outcome.example,
            outcome.left,
        )

    @property
    def reached(self) -> int:
        return self.done + self.refused

    @property
    def of_all(self) -> int:
        return self.reached + self.left


NUMBERS = ("after", "done", "refused")


@require_POST
@login_required
def of_stage(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    stage = find_stage(request.user, pk)
    require(may_launch(request.user, stage), f"change submissions of {stage}")
    page = reverse("campaigns:stage", args=[pk])
    return _control(request, Submission.objects.filter(stage=stage), act, page)


@require_POST
@login_required
def of_campaign(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    campaign = find_campaign(request.user, pk)
    require(may_launch(request.user, campaign), f"change submissions of {campaign}")
    page = reverse("campaigns:campaign", args=[pk])
    return _control(request, Submission.objects.filter(stage__campaign=campaign), act, page)


def _control(
    request: HttpRequest, submissions: SubmissionQuerySet, act: str, page: str
) -> HttpResponse:
    """Go on for a moment; lead back to ``page`` at the end, until then show how far it is."""
    who = request.user
    assert isinstance(who, Experimenter)
    before = SoFar.of(request)
    try:
        so_far = before + control_many(submissions, act, who, before.after, A_MOMENT)
    except Refused as why:
        messages.error(request, str(why))
        return _lead_to(request, page)
    if not so_far.left:
        said = tell(ACTS[act], so_far.done, so_far.refused, so_far.example, 0)
        messages.success(request, said)
        return _lead_to(request, page)
    shown = {"so_far": so_far, "act": ACTS[act], "page": page, "here": request.path}
    template = (
        "workflow/_jobs_so_far.html" if _is_of_script(request) else "workflow/jobs_so_far.html"
    )
    return render(request, template, shown)


def _lead_to(request: HttpRequest, page: str) -> HttpResponse:
    return HttpResponseClientRedirect(page) if _is_of_script(request) else redirect(page)


def _is_of_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers

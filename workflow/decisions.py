"""Decisions, kept by the very function that decides: the answer to "why is it here?"."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from submissions.models import Submission
from workflow.backoff import next_look
from workflow.models import Decision

log = logging.getLogger("poms.workflow")


@dataclass(frozen=True)
class Verdict:
    """Whether it can go on, and the sentence and numbers that say why."""

    about: str
    enough: bool
    conclusion: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def nothing_needed(self) -> bool:
        """Whether nothing was consumed, so that nothing can be asked for."""
        return self.facts.get("need") == 0


def keep(
    submission: Submission,
    *verdicts: Verdict,
    unknown: bool = False,
    as_of: datetime | None = None,
) -> None:
    """Write down what was concluded about ``submission``, in order; the same again counts up.

    ``as_of`` is when the oldest answer was asked for that it rests on.
    """
    last = submission.decisions.order_by("pk").last()
    for verdict in verdicts:
        said = {
            "about": verdict.about,
            "conclusion": verdict.conclusion,
            "facts": verdict.facts,
            "unknown": unknown,
        }
        last = _keep(submission, last, said, as_of)


def _keep(
    submission: Submission, last: Decision | None, said: dict[str, Any], as_of: datetime | None
) -> Decision:
    now = timezone.now()
    if last is not None and all(getattr(last, name) == value for name, value in said.items()):
        Decision.objects.filter(pk=last.pk).update(
            last_at=now, answers_of=as_of, times=F("times") + 1
        )
        return last
    log.info("submission %s: %s: %s", submission.pk, said["about"], said["conclusion"])
    return Decision.objects.create(
        submission=submission, first_at=now, last_at=now, answers_of=as_of, **said
    )


def no_answer(submission: Submission, about: str, why: Exception) -> None:
    """Keep that somebody gave no clear answer, and look again later: unknown decides nothing.

    The time until there is an answer doesn't count against the stage's patience.
    """
    keep(submission, Verdict(about, False, f"no clear answer: {why}"), unknown=True)
    held = Submission.objects.filter(pk=submission.pk, due_at=submission.due_at)
    held.update(
        due_at=next_look(submission),
        looks=F("looks") + 1,
        unknown_since=Coalesce("unknown_since", timezone.now()),
    )

"""Kill, cancel, hold or release the jobs of many submissions: of a stage, or of a campaign."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from campaigns.access import may_launch
from campaigns.models import Experimenter
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from submissions.statuses import IN_BATCH, Status
from workflow import controls
from workflow.controls import Refused

TIME = 45.0  # seconds for one request; what isn't reached by then is left for the next


@dataclass(frozen=True)
class Act:
    """What is done to each submission, in which statuses, and how that is called afterwards."""

    do: Callable[[Submission, Experimenter], object]
    statuses: frozenset[Status]
    done: str


ACTS = {
    "kill": Act(controls.kill, IN_BATCH, "killed"),
    "cancel": Act(controls.cancel, IN_BATCH | {Status.NEW}, "cancelled"),
    "hold": Act(controls.hold_jobs, frozenset({Status.IDLE, Status.RUNNING}), "held"),
    "release": Act(controls.release_jobs, frozenset({Status.HELD}), "released"),
}


@dataclass
class Outcome:
    """To which submissions it was done, why not to others, and how many weren't reached in time."""

    act: Act
    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    left: int = 0

    def __str__(self) -> str:
        said = [f"The jobs of {len(self.done)} submissions were {self.act.done}."]
        if self.refused:
            pk, why = next(iter(self.refused.items()))
            said.append(f"{len(self.refused)} are as they were, such as {pk}: {why}.")
        if self.left:
            said.append(f"{self.left} were not reached in time: do it again for them.")
        return " ".join(said)


def control_many(submissions: SubmissionQuerySet, act: str, who: Experimenter) -> Outcome:
    """Do ``act`` to each of ``submissions`` that it makes sense for, the oldest first.

    Each is on its own: where the command doesn't succeed, that submission stays as it is.

    Raises:
        Refused: there is no such act, or it makes sense for none of them.
    """
    if act not in ACTS:
        raise Refused(f"called with unknown action {act}")
    chosen = ACTS[act]
    fitting = list(
        submissions.filter(status__in=chosen.statuses, replaced_by=None)
        .select_related("stage__campaign__experiment", "snapshot")
        .order_by("pk")
    )
    if not fitting:
        raise Refused(f"there are no jobs that could be {chosen.done}")
    outcome = Outcome(chosen)
    end = time.monotonic() + TIME
    for number, submission in enumerate(fitting):
        if time.monotonic() > end:
            outcome.left = len(fitting) - number
            break
        _do(outcome, submission, who)
    return outcome


def _do(outcome: Outcome, submission: Submission, who: Experimenter) -> None:
    if not may_launch(who, submission.stage):
        outcome.refused[submission.pk] = f"your role doesn't let you change {submission.stage}"
        return
    try:
        outcome.act.do(submission, who)
    except Refused as why:
        outcome.refused[submission.pk] = str(why)
    else:
        outcome.done.append(submission.pk)

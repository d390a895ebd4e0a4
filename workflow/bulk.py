"""Kill, cancel, hold or release the jobs of many submissions: of a stage, or of a campaign."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import connection
from django.template.defaultfilters import pluralize

from campaigns.access import may_launch
from campaigns.models import Experimenter
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from submissions.statuses import IN_BATCH, Actor, Status, sources
from workflow import controls
from workflow.controls import Refused

TIME = 45.0  # seconds for one request; what isn't reached by then is left for the next
AT_ONCE = 8  # an sshd lets ten commands share a connection


@dataclass(frozen=True)
class Act:
    """What is done to each submission, in which statuses, and how that is called afterwards.

    One that is named by itself may be ``alone`` in others as well: what is over, or was never
    launched, is ended one by one, and not with all of a campaign.
    """

    do: Callable[[Submission, Experimenter], object]
    statuses: frozenset[Status]
    done: str
    alone: frozenset[Status] = frozenset()


ACTS = {
    "kill": Act(controls.kill, IN_BATCH, "killed"),
    "cancel": Act(
        controls.cancel,
        IN_BATCH | {Status.NEW},
        "cancelled",
        alone=frozenset(sources(Status.CANCELLED, Actor.PERSON)),
    ),
    "hold": Act(controls.hold_jobs, frozenset({Status.IDLE, Status.RUNNING}), "held"),
    "release": Act(controls.release_jobs, frozenset({Status.HELD}), "released"),
}


def act_named(name: str) -> Act:
    """Return the act. Raises Refused where there is none of that name."""
    if name not in ACTS:
        raise Refused(f"called with unknown action {name}")
    return ACTS[name]


@dataclass
class Outcome:
    """To which submissions it was done, why not to others, and how many weren't reached in time.

    Those that are ``left`` have larger ids than all others.
    """

    act: Act
    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    left: int = 0

    @property
    def example(self) -> str:
        """Return one that was refused, and why."""
        return next((f"{pk}: {why}" for pk, why in sorted(self.refused.items())), "")

    @property
    def reached(self) -> int:
        """Return the largest id that was reached; 0 where none was."""
        return max([*self.done, *self.refused], default=0)

    def __str__(self) -> str:
        return tell(self.act, len(self.done), len(self.refused), self.example, self.left)


def tell(act: Act, done: int, refused: int, example: str, left: int) -> str:
    """Say in words to how many it was done, and what about the others."""
    said = [f"The jobs of {done} submission{pluralize(done)} were {act.done}."]
    if refused:
        are = "is as it was," if refused == 1 else "are as they were, such as"
        said.append(f"{refused} {are} {example}.")
    if left:
        said.append(f"{left} {pluralize(left, 'was,were')} not reached in time: do it again.")
    return " ".join(said)


def control_many(
    submissions: SubmissionQuerySet,
    act: str,
    who: Experimenter,
    after: int = 0,
    seconds: float | None = None,
    *,
    alone: bool = False,
) -> Outcome:
    """Do ``act`` to each of ``submissions`` that it makes sense for, the oldest first.

    Each is on its own: where the command doesn't succeed, that submission stays as it is.

    Args:
        after: go on after the submission with this id.
        seconds: begin with no more after so long; ``TIME`` where nothing is said.
        alone: it is one submission, named by itself.

    Raises:
        Refused: there is no such act, or it makes sense for none of them from the start.
    """
    chosen = act_named(act)
    statuses = chosen.statuses | chosen.alone if alone else chosen.statuses
    fitting = list(
        submissions.filter(status__in=statuses, replaced_by=None, pk__gt=after)
        .select_related("stage__campaign__experiment", "snapshot")
        .order_by("pk")
    )
    if not fitting and not after:
        raise Refused(f"there are no jobs that could be {chosen.done}")
    outcome = Outcome(chosen)
    end = time.monotonic() + (TIME if seconds is None else seconds)
    outcome.left = _each(fitting, lambda one: _do(outcome, one, who), end)
    outcome.done.sort()
    return outcome


def _each(submissions: list[Submission], do: Callable[[Submission], None], end: float) -> int:
    """Do it to each in this order, some at once, until ``end``; return how many weren't begun.

    The first is begun whatever the time, so that asking again and again comes to an end.
    """
    if len(submissions) == 1:  # needs no thread, and no connection of its own
        do(submissions[0])
        return 0
    waiting = deque(submissions)
    at_work: set[Future[None]] = set()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while waiting and (len(waiting) == len(submissions) or time.monotonic() <= end):
            at_work.add(threads.submit(_in_thread, do, waiting.popleft()))
            if len(at_work) == AT_ONCE:
                over, at_work = wait(at_work, return_when=FIRST_COMPLETED)
                for each in over:
                    each.result()
    for each in at_work:
        each.result()
    return len(waiting)


def _in_thread(do: Callable[[Submission], None], submission: Submission) -> None:
    try:
        do(submission)
    finally:
        connection.close()  # a thread has its own


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

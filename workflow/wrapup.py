"""What happens to a submission once its jobs are over: the heart of POMS (W4-W6).

    Completed ── enough of its output there? ──▶ Located ── a recovery worth it? ──▶ another round
                                                           └─ none left ──▶ finished: what follows

Everybody outside is asked first, with nothing locked; what was decided is then settled in one
transaction, if the submission still is as it was read.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from datahandling.base import DatasetConflict, QueryError, Unknown
from datahandling.caching import looking
from submissions.chains import Chain
from submissions.crashpoints import reach
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from submissions.statuses import ENDED_BY_PERSON, Actor, Status
from workflow import dependencies, recovery, release
from workflow.backoff import next_look
from workflow.completion import judge
from workflow.decisions import Verdict, keep, no_answer
from workflow.units import unit

WRAPPED_UP = [Status.COMPLETED, Status.LOCATED, Status.SKIPPED, *ENDED_BY_PERSON]


@dataclass(frozen=True)
class End:
    """The end of a chain: what it feeds, and the inputs that it leaves behind."""

    feeds: tuple[dependencies.Feeding, ...]
    left_behind: release.LeftBehindFiles = release.NONE_LEFT


@dataclass(frozen=True)
class Step:
    """What was decided about a submission, and what belongs to that."""

    verdicts: tuple[Verdict, ...]
    locate: bool = False
    recover: recovery.Plan | None = None
    end: End | None = None
    again: datetime | None = None  # None: when something happens
    as_of: datetime | None = None  # of the oldest answer that it rests on


def waiting() -> SubmissionQuerySet:
    """Return what is wrapped up some time, with what a look reads of it."""
    found = Submission.objects.filter(status__in=WRAPPED_UP, replaced_by=None)
    return Chain.read_with(found)


@unit(waiting=waiting, once=True)
def wrap_up_next(submission: Submission) -> None:
    """Wrap up one submission."""
    with looking() as look:
        try:
            step = find_next_step(submission)  # asks outside; nothing is locked
        except (Unknown, QueryError, DatasetConflict) as why:
            no_answer(submission, "wrap-up", why)
            return
    reach("before-settle")
    settle(submission, replace(step, as_of=look.as_of))
    reach("after-settle")


def find_next_step(submission: Submission) -> Step:
    """Decide what comes next for ``submission``. Asks the data handler; may raise Unknown."""
    chain = Chain.of(submission, just_read=True)
    if submission.status in ENDED_BY_PERSON or submission.status == Status.SKIPPED:
        return _end_with_nothing(submission, chain)
    if submission.status == Status.LOCATED:
        return _go_on(submission, chain)
    verdict = judge(submission, chain)
    if not verdict.enough:
        return _wait_or_recover(submission, chain, verdict)
    if submission.original_id is not None:
        return Step((verdict,), locate=True)
    after = _go_on(submission, chain)
    return replace(after, locate=True, verdicts=(verdict, *after.verdicts))


def _wait_or_recover(submission: Submission, chain: Chain, verdict: Verdict) -> Step:
    """Wait; but where nothing at all was consumed, only a recovery can help."""
    if verdict.nothing_needed and submission.original_id is None and submission.project:
        plan = recovery.find_next(chain)
        if isinstance(plan, recovery.Plan):
            return Step((verdict, plan.verdict), recover=plan)
    return Step((verdict,), again=next_look(submission))


def _go_on(submission: Submission, chain: Chain) -> Step:
    """Decide what follows; nothing of what a person let go and that can't even be asked about."""
    try:
        return _after_located(submission, chain)
    except QueryError as why:
        if not submission.let_go:
            raise
        verdict = Verdict("chain", True, f"finished with nothing, as a person let it go: {why}")
        return Step((verdict,), end=End(()))


def _after_located(submission: Submission, chain: Chain) -> Step:
    """Of an original that is Located, or about to be: another recovery, or else the chain's end."""
    if submission.original_id is not None:
        return Step(())
    plan = recovery.find_next(chain)
    if isinstance(plan, recovery.Plan):
        return Step((plan.verdict,), recover=plan)
    if isinstance(plan, recovery.NotYet):
        return Step((plan.verdict,), again=plan.until)
    verdict = release.judge(chain)
    if not verdict.enough:
        return Step((verdict,), again=next_look(submission))
    # Before the feeds: what arrives now may be both, never none.
    left_behind = release.find_left_behind(chain, verdict)
    return Step((verdict,), end=End(dependencies.find_feeds(chain), left_behind))


def _end_with_nothing(submission: Submission, chain: Chain) -> Step:
    if submission.original_id is not None:
        return Step(())
    why = (
        "there was nothing to feed on"
        if submission.status == Status.SKIPPED
        else "a person ended it"
    )
    return Step(
        (Verdict("chain", True, f"finished with nothing: {why}"),),
        end=End(dependencies.find_feeds(chain)),
    )


def settle(submission: Submission, step: Step) -> bool:
    """Write what was decided, all or nothing; return False if the submission changed meanwhile."""
    look_again = {
        "due_at": step.again,
        "looks": submission.looks + 1 if step.again else 0,
        **answered(submission),
    }
    with transaction.atomic():
        if not _update_unchanged(submission, look_again):
            return False
        keep(submission, *step.verdicts, as_of=step.as_of)
        if step.locate:
            submission.move_to(Status.LOCATED, actor=Actor.WORKFLOW)
            Submission.objects.filter(pk=submission.pk).update(**look_again)
        if step.recover is not None:
            recovery.launch(submission, step.recover)
        if step.end is not None:
            _finish(submission, step.end)
    return True


def _update_unchanged(submission: Submission, changes: dict[str, Any]) -> bool:
    """Change its row, and lock it, if it still is as it was read; tell whether it was.

    Of a recovery the original is locked first, as everybody does.
    """
    if submission.original_id is not None:
        Submission.objects.select_for_update(no_key=True).get(pk=submission.original_id)
    as_read = Submission.objects.filter(
        pk=submission.pk, due_at=submission.due_at, status=submission.status, finished_at=None
    )
    return as_read.update(**changes) == 1


def _finish(submission: Submission, end: End) -> None:
    Submission.objects.filter(pk=submission.pk).update(finished_at=timezone.now())
    release.record_left_behind(submission, end.left_behind)
    dependencies.set_off(submission, end.feeds)


def answered(submission: Submission) -> dict[str, object]:
    """Return what a clear answer changes: the time without one stands still again."""
    if submission.unknown_since is None:
        return {}
    return {
        "unknown_since": None,
        "unknown_for": submission.unknown_for + (timezone.now() - submission.unknown_since),
    }

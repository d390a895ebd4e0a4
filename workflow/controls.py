"""What people press: approve, kick, let go, cancel, relaunch, recover (W1, W4, W5)."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Experimenter
from campaigns.parameters import UnknownPlaceholder
from campaigns.recoveries import RECOVERY_TYPES
from datahandling.base import Unknown
from submissions.chains import Chain
from submissions.launchers import CannotAbort, CannotStart, launcher_of
from submissions.launching.leave import may_have_submitted_until
from submissions.models import Feed, LaunchAttempt, Submission
from submissions.models.submissions import RECOVERED, Cause
from submissions.registering import register, reserve_id
from submissions.statuses import ENDED_BY_PERSON, SETTLED, Actor, Status, may_move
from workflow.decisions import Verdict, keep


class Refused(Exception):
    """What was asked makes no sense for this submission now; the text says why, and what would."""


def approve(submission: Submission, who: Experimenter) -> None:
    with transaction.atomic():
        if not submission.move_to(Status.APPROVED, actor=Actor.PERSON, who=who):
            raise Refused(
                f"submission {submission.pk} is {submission.status}, not {Status.AWAITING_APPROVAL}"
            )
        submission.move_to(Status.COMPLETED, actor=Actor.WORKFLOW, note="approved")


def refuse_approval(submission: Submission, who: Experimenter) -> None:
    waits = {Status.AWAITING_APPROVAL}
    note = "not approved"
    if not submission.move_to(
        Status.REMOVED, actor=Actor.PERSON, only_from=waits, who=who, note=note
    ):
        raise Refused(f"submission {submission.pk} doesn't wait for approval any more")


def kick_to_completed(submission: Submission, who: Experimenter) -> None:
    """Count its jobs as over. Recoveries still wait for those that may run (W5)."""
    _move(submission, Status.COMPLETED, who, note="kicked to Completed")


def let_go(submission: Submission, who: Experimenter) -> None:
    """Wait for no more output: at once Located, and its chain goes on (W4)."""
    waiting = Submission.objects.filter(
        pk=submission.pk, status__in=[Status.COMPLETED, Status.LOCATED], finished_at=None
    )
    if not waiting.update(let_go=True):
        raise Refused(
            f"submission {submission.pk} is {submission.status}: "
            "only what waits for output can be let go"
        )
    waiting.wake()


def kill(submission: Submission, who: Experimenter) -> None:
    """Remove its jobs, and end it as Removed: it feeds nothing, its passes stop (W6)."""
    _end(submission, Status.REMOVED, who)


def cancel(submission: Submission, who: Experimenter) -> None:
    """Remove its jobs, if there are any, and end it as Cancelled (W6)."""
    _end(submission, Status.CANCELLED, who)


def _end(submission: Submission, target: Status, who: Experimenter) -> None:
    """End it once its jobs are removed; the status changes only where that succeeded."""
    submission.refresh_from_db()
    if not may_move(Status(submission.status), target, Actor.PERSON):
        raise Refused(f"submission {submission.pk} is {submission.status} and can't be ended")
    may_have_jobs = submission.attempt > 0 and submission.jobs_ended_at is None
    if may_have_jobs:
        control_jobs(submission, "kill", who)  # by its tag: known or not, whatever is there
    with transaction.atomic():
        now = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        if may_have_jobs and now.status in ENDED_BY_PERSON:
            return  # an agent saw that they are gone, and said so first
        _refuse_while_submitting(submission)
        _move(submission, target, who, note="ended by a person")


def _refuse_while_submitting(submission: Submission) -> None:
    """A launch that has its leave may submit until its deadline: jobs nobody would know of."""
    last = submission.attempts.order_by("number").last()
    until = may_have_submitted_until(last) if last else None
    known = submission.jobsub_job_id or submission.jobs_ended_at
    if until is not None and timezone.now() < until and not known:
        raise Refused(f"its launch may be submitting until {until:%T}: try again after that")


def hold_jobs(submission: Submission, who: Experimenter) -> None:
    control_jobs(submission, "hold", who)


def release_jobs(submission: Submission, who: Experimenter) -> None:
    control_jobs(submission, "release", who)


DONE = {"kill": "killed", "hold": "held", "release": "released"}


def control_jobs(submission: Submission, act: str, who: Experimenter) -> None:
    """Kill, hold or release its jobs in the batch, and write down who did.

    Raises Refused if that can't be done.
    """
    try:
        launcher_of(submission).control(act, submission.pk)
    except (Unknown, CannotStart, UnknownPlaceholder) as why:
        raise Refused(f"the jobs of submission {submission.pk} are as they were: {why}") from why
    keep(submission, Verdict("jobs", True, f"{DONE[act]} by {who}"))


def abort_launch(submission: Submission, who: Experimenter) -> None:
    """Kill the script of its launch; LaunchFailed follows once the batch says that it has no jobs.

    That it was aborted is written down before: nobody launches again what a person stops.
    """
    submission.refresh_from_db()
    attempt = submission.attempts.filter(number=submission.attempt).first()
    if submission.status != Status.NEW or attempt is None:
        raise Refused("unable to abort launch: none is under way")
    this = LaunchAttempt.objects.filter(pk=attempt.pk)
    this.update(aborted=True)
    try:
        launcher_of(submission).abort(attempt.folder)
    except (Unknown, CannotStart, CannotAbort) as why:
        this.update(aborted=False)
        raise Refused(str(why)) from why
    keep(submission, Verdict("launch", False, f"attempt {attempt.number}: aborted by {who}"))
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())


def _move(submission: Submission, target: Status, who: Experimenter, note: str) -> None:
    if submission.replaced_by_id is not None:
        raise Refused(f"submission {submission.pk} was replaced by {submission.replaced_by_id}")
    if not submission.move_to(target, actor=Actor.PERSON, who=who, note=note):
        submission.refresh_from_db()
        raise Refused(
            f"submission {submission.pk} is {submission.status} and can't become {target}"
        )


def relaunch(submission: Submission, who: Experimenter) -> Submission:
    """Try a broken submission again: the same one after LaunchFailed, a replacement after Failed.

    The replacement has the same run, input, parents, pass and position, and takes the old one's
    place in everything that happens once.

    Raises:
        Refused: it isn't broken, or its chain may still have running jobs.
    """
    if submission.cause == Cause.EXTERNAL:
        raise Refused("it was launched outside POMS: launch it there again, or launch its stage")
    if submission.status == Status.LAUNCH_FAILED:
        with transaction.atomic():
            _move(submission, Status.NEW, who, note="relaunched")
            LaunchAttempt.objects.filter(submission=submission, number=submission.attempt).update(
                another_wanted=True
            )
        return submission
    if submission.status != Status.FAILED:
        raise Refused(
            f"submission {submission.pk} is {submission.status}: "
            f"launch its stage on {submission.dataset or 'nothing'} anew instead"
        )
    _refuse_while_jobs_run(submission)
    with transaction.atomic():
        old = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        if old.status != Status.FAILED or old.replaced_by_id is not None:
            raise Refused(f"submission {old.pk} was relaunched or moved meanwhile")
        key = old.cause_key
        Submission.objects.filter(pk=old.pk).update(cause_key=None)
        new = register(
            old.stage,
            old.run,
            Cause(old.cause),
            key=key,
            overrides=old.param_overrides,
            creator=who,
            dataset=old.dataset,
            slice_of=old.slice_of,
            position=old.position,
            join_generation=old.join_generation,
        )
        Submission.objects.filter(pk=old.pk).update(replaced_by=new, due_at=None)
        Feed.objects.filter(child=old).update(child=new)
    return new


def recover(submission: Submission, recovery_type: str, who: Experimenter) -> Submission:
    """Launch a recovery of this type now. Of a finished chain it is a chain of its own (W1).

    Asks the data handler; may raise Unknown.

    Raises:
        Refused: it isn't over, jobs of the chain may still run, or no file is worth another try.
    """
    _refuse_while_jobs_run(submission)
    chain = Chain.of(submission)
    if not chain.original.project:
        raise Refused("it had no input files, so there are none to recover")
    files = RECOVERY_TYPES[recovery_type].files(chain.inputs)
    if chain.handler.count(files) == 0:
        raise Refused("No recovery needed, launch skipped.")
    pk = reserve_id()
    dataset = f"poms_recover_{pk}"  # with a step it would be its own first recovery's
    chain.handler.freeze(dataset, files)
    with transaction.atomic():
        rows = Submission.objects.select_for_update(no_key=True)
        original = rows.get(pk=chain.original.pk)
        _refuse_a_second(original, chain)
        finished = original.finished_at is not None
        if not finished and original.status not in (Status.COMPLETED, Status.LOCATED):
            raise Refused(f"submission {original.pk} is {original.status}: relaunch or kick it")
        Submission.objects.filter(pk=original.pk).wake()  # what is being decided doesn't know of it
        return register(
            chain.original.stage,
            chain.original.run,
            Cause.PERSON if finished else Cause.RECOVERY,
            key=_key_after(original) if finished else None,
            pk=pk,
            creator=who,
            overrides=original.param_overrides,
            original=None if finished else original,
            dataset=dataset,
        )


def _refuse_a_second(original: Submission, chain: Chain) -> None:
    """One recovery of a chain at a time (W5). Under the lock of the original."""
    _refuse_while_jobs_run(original)
    now = original.recoveries.filter(replaced_by=None)
    open_now = now.exclude(status__in=SETTLED).first() or _recovering(original).first()
    if open_now is not None:
        raise Refused(f"submission {open_now.pk} is recovering it already")
    if set(now.values_list("pk", flat=True)) != {member.pk for member in chain.recoveries}:
        raise Refused("its chain changed meanwhile; look again")


def _recovering(original: Submission) -> QuerySet[Submission]:
    """Return the unfinished chains that people launched to recover a finished one."""
    of_it = Submission.objects.filter(cause_key__startswith=f"{RECOVERED}{original.pk}:")
    return of_it.filter(finished_at=None, replaced_by=None)


def _key_after(original: Submission) -> str:
    earlier = Submission.objects.filter(cause_key__startswith=f"{RECOVERED}{original.pk}:").count()
    return f"{RECOVERED}{original.pk}:{earlier}"


def _refuse_while_jobs_run(submission: Submission) -> None:
    chain = Submission.objects.filter(pk=submission.chain_id) | Submission.objects.filter(
        original=submission.chain_id
    )
    running = chain.jobs_may_run().first()
    if running is not None:
        raise Refused(
            f"jobs of submission {running.pk} may still be running; wait for them, or kill them"
        )


Control = Callable[[Submission, Experimenter], object]
CONTROLS: dict[str, Control] = {
    "approve": approve,
    "unapprove": refuse_approval,
    "kick": kick_to_completed,
    "let-go": let_go,
    "kill": kill,
    "cancel": cancel,
    "hold-jobs": hold_jobs,
    "release-jobs": release_jobs,
    "abort": abort_launch,
    "relaunch": relaunch,
}

"""What people press: approve, kick, let go, cancel, relaunch, recover (W1, W4, W5)."""

from collections.abc import Callable

from django.db import transaction

from campaigns.models import Experimenter
from campaigns.recoveries import RECOVERY_TYPES
from datahandling.query import ProjectFiles
from submissions.chains import Chain
from submissions.models import Feed, LaunchAttempt, Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.statuses import Actor, Status


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
    _move(submission, Status.REMOVED, who, note="not approved")


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


def cancel(submission: Submission, who: Experimenter) -> None:
    """End it for good: it feeds nothing, and the passes that it walked stop (W6)."""
    _move(submission, Status.CANCELLED, who, note="cancelled")


def _move(submission: Submission, target: Status, who: Experimenter, note: str) -> None:
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
        Refused: jobs of the chain may still run, or no file is worth another try.
    """
    _refuse_while_jobs_run(submission)
    chain = Chain.of(submission)
    if not chain.original.project:
        raise Refused("it had no input files, so there are none to recover")
    name = f"poms_recover_{chain.original.pk}_{recovery_type}_{len(chain.recoveries)}"
    files = RECOVERY_TYPES[recovery_type].files(chain.inputs)
    if chain.handler.count(files & ProjectFiles(chain.original.project) | files) == 0:
        raise Refused("No recovery needed, launch skipped.")
    finished = chain.original.finished_at is not None
    name = f"{name}_{chain.original.recoveries.count()}" if finished else name
    chain.handler.freeze(name, files)
    return _register_recovery(chain, name, who, finished)


def _register_recovery(chain: Chain, dataset: str, who: Experimenter, finished: bool) -> Submission:
    original = chain.original
    if finished:
        return register(
            original.stage,
            original.run,
            Cause.PERSON,
            creator=who,
            overrides=original.param_overrides,
            dataset=dataset,
        )
    with transaction.atomic():
        same = Submission.objects.select_for_update(no_key=True).filter(
            pk=original.pk, finished_at=None
        )
        if not same.exists():
            raise Refused(f"the chain of submission {original.pk} finished meanwhile; ask again")
        return register(
            original.stage,
            original.run,
            Cause.RECOVERY,
            creator=who,
            overrides=original.param_overrides,
            original=original,
            dataset=dataset,
        )


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
    "cancel": cancel,
    "relaunch": relaunch,
}

"""How a submission comes to be: a row, its snapshot and its first line of history."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaigns.models import CampaignStage, Experimenter
from campaigns.parameters import Pairs
from submissions.models import FileStatistics, Run, Submission, SubmissionHistory
from submissions.models.runs import Origin
from submissions.models.statistics import AFTER_A_MOVE
from submissions.models.submissions import Cause
from submissions.snapshots import freeze
from submissions.statuses import Actor, Status


class AlreadyHappened(Exception):
    """Its cause has a submission already; somebody else was quicker."""


def register(
    stage: CampaignStage,
    run: Run,
    cause: Cause,
    *,
    key: str | None = None,
    status: Status = Status.NEW,
    overrides: Pairs | None = None,
    creator: Experimenter | None = None,
    **fields: Any,
) -> Submission:
    """Create a submission of ``stage``; as New it is due for its launch, as Skipped for its end.

    Raises:
        AlreadyHappened: a submission with this ``key`` exists.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                experiment=stage.campaign.experiment,
                stage=stage,
                run=run,
                cause=cause,
                cause_key=key,
                creator=creator or run.creator,
                test=run.test,
                snapshot=freeze(stage),
                param_overrides=overrides or [],
                status=status,
                status_since=now,
                due_at=now,
                **fields,
            )
            SubmissionHistory.objects.create(
                submission=submission,
                status=status,
                at=now,
                actor=_actor(cause),
                who=creator,
                source=cause,
            )
            FileStatistics.objects.create(submission=submission, due_at=now + AFTER_A_MOVE)
    except IntegrityError as error:
        if "cause_key" in str(error):
            raise AlreadyHappened(key) from error
        raise
    return submission


def _actor(cause: Cause) -> Actor:
    return Actor.PERSON if cause in (Cause.PERSON, Cause.EXTERNAL) else Actor.WORKFLOW


def reserve_id() -> int:
    """Return the id of a submission to come, so that its dataset can be made before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('submissions_submission', 'id'))")
        (reserved,) = cursor.fetchone()
    return int(reserved)


def register_external(
    stage: CampaignStage,
    who: Experimenter,
    command: str = "",
    dataset: str = "",
    *,
    test: bool = False,
) -> Submission:
    """Register a launch made outside POMS: nothing is launched, reports are awaited."""
    with transaction.atomic():
        run = Run.objects.create(
            campaign=stage.campaign, origin=Origin.EXTERNAL, creator=who, test=test
        )
        submission = register(
            stage, run, Cause.EXTERNAL, creator=who, command_executed=command, dataset=dataset
        )
        Submission.objects.filter(pk=submission.pk).update(due_at=None)
    submission.due_at = None
    return submission

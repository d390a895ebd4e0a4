"""Submissions: each launch of a stage, and the queue of what is to be done about it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import CampaignStage, Experiment, Experimenter
from campaigns.models.constraints import pairs
from submissions.models.entering import MOVED, Moved, Said, enter, with_originals
from submissions.models.history import By, SubmissionHistory
from submissions.models.queue import DueModel, DueQuerySet
from submissions.models.runs import Pass, Run
from submissions.models.statistics import FileStatistics
from submissions.statuses import (
    BROKEN,
    ENDED_BY_PERSON,
    IN_BATCH,
    SETTLED,
    Actor,
    Status,
    sources,
)


class Snapshot(models.Model):
    """Everything a launch used, frozen; its digest is its name, so equal ones are one row."""

    digest = models.CharField(primary_key=True, max_length=64)
    content = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class Cause(models.TextChoices):
    """Why a submission exists; all but the last two happen once each (``cause_key``)."""

    SCHEDULE = "schedule"
    SLICE = "slice"
    DEPENDENCY = "dependency"
    RECOVERY = "recovery"
    JOIN = "join"
    PERSON = "person"
    EXTERNAL = "external"


TURNS_UP_WITHIN = timedelta(days=7)  # what was taken for a failed launch
RECOVERED = "recovered:"  # the cause of a person's recovery of a finished chain


class SubmissionQuerySet(DueQuerySet["Submission"]):
    def originals(self) -> Self:
        return self.filter(original=None, replaced_by=None)

    def unfinished(self) -> Self:
        """Chains that something still has to happen to, broken ones among them."""
        return self.originals().filter(finished_at=None)

    def broken(self) -> Self:
        return self.filter(status__in=BROKEN, replaced_by=None, finished_at=None)

    def recoveries_of(self, original: int) -> Self:
        """Recoveries of a chain: its own, and those that people launched when it was finished."""
        return self.filter(
            Q(original=original) | Q(cause_key__startswith=f"{RECOVERED}{original}:")
        )

    def jobs_may_run(self) -> Self:
        """Submissions whose jobs were not seen to end."""
        left_the_launch = self.exclude(
            status__in=[Status.NEW, Status.LAUNCH_FAILED, Status.SKIPPED]
        )
        return left_the_launch.exclude(jobsub_job_id="").filter(jobs_ended_at=None)

    def jobs_awaited(self) -> Self:
        """Submissions that a batch system may have news of: in it, on the way, or lately given up.

        Whether it is old plays no part, but for launches that failed: these may still turn up.
        """
        late = Q(status=Status.LAUNCH_FAILED, status_since__gte=timezone.now() - TURNS_UP_WITHIN)
        under_way = Q(status__in=[Status.NEW, *IN_BATCH])
        return self.filter(under_way | late | Q(pk__in=self.jobs_may_run().values("pk")))

    def move(
        self,
        target: Status,
        *,
        actor: Actor,
        only_from: Collection[Status] | None = None,
        who: Experimenter | None = None,
        source: str = "",
        note: str = "",
        at: datetime | None = None,
    ) -> list[int]:
        """Move those of these submissions that may go to ``target``; return the ids of those moved.

        The guard, the new status, its history and who has to look next are one transaction. Rows
        are locked in the order of their ids, originals with their recoveries, so that bulk moves
        never deadlock.
        """
        by = By(actor, who, source, note, at or timezone.now())
        with transaction.atomic():
            asked = list(self.values_list("pk", "original_id"))
            family = {pk for pk, _ in asked} | {original for _, original in asked if original}
            rows = Submission.objects.filter(pk__in=family).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))
            moved = self.move_locked([pk for pk, _ in asked], target, by, only_from=only_from)
            FileStatistics.objects.moved(with_originals(moved))
        return sorted(pk for pk, _ in moved)

    def move_locked(
        self,
        submissions: Collection[int],
        target: Status,
        by: By,
        *,
        only_from: Collection[Status] | None = None,
        said: Sequence[Said] = (),
        jobs_are_over: bool = False,
    ) -> Moved:
        """Move as ``move`` does what is locked as it locks, with what is ``said`` of each.

        Whoever calls tells ``FileStatistics`` what moved, in the same transaction.
        """
        allowed = [
            status
            for status in sources(target, by.actor)
            if only_from is None or status in only_from
        ]
        found = enter(submissions, target, allowed, by.at, said=said, jobs_are_over=jobs_are_over)
        if found:
            SubmissionHistory.objects.write_down([pk for pk, _ in found], target, by)
        originals = {original for _, original in found if original}
        if originals and (jobs_are_over or target in BROKEN | SETTLED):
            Submission.objects.filter(pk__in=originals).wake()
        return found

    def wake(self) -> int:
        """Have somebody look at those of these chains that wait for something to happen."""
        waiting = self.filter(finished_at=None, status__in=[Status.COMPLETED, Status.LOCATED])
        return waiting.update(due_at=timezone.now(), looks=0)


def recovers(original: int | None, cause_key: str | None) -> int | None:
    """Return the id of the original that a submission with these columns is a recovery of."""
    if original is None and cause_key and cause_key.startswith(RECOVERED):
        return int(cause_key.removeprefix(RECOVERED).partition(":")[0])
    return original


class Submission(DueModel):
    """One launch of a stage. Originals have recoveries; together they are a chain."""

    # Each change of status writes into every index: here are the fewest, and those in Meta.
    experiment = models.ForeignKey(
        Experiment, on_delete=models.PROTECT, related_name="submissions", db_index=False
    )
    stage = models.ForeignKey(
        CampaignStage, on_delete=models.PROTECT, related_name="submissions", db_index=False
    )
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="submissions")
    cause = models.CharField(max_length=10, choices=Cause)
    cause_key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    creator = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="submissions")
    created = models.DateTimeField(auto_now_add=True)
    test = models.BooleanField(default=False)
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, related_name="submissions", db_index=False
    )
    param_overrides = models.JSONField(default=list, blank=True)

    original = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recoveries",
        db_index=False,
    )
    recovery_step = models.PositiveSmallIntegerField(null=True, blank=True)
    steps_taken = models.PositiveSmallIntegerField(
        default=0, help_text="Recovery steps launched or passed over, of an original."
    )
    replaced_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces"
    )
    slice_of = models.ForeignKey(
        Pass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="slices",
        db_index=False,
    )
    position = models.BigIntegerField(null=True, blank=True)
    join_generation = models.PositiveIntegerField(null=True, blank=True)

    dataset = models.TextField(blank=True)
    project = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    status_since = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveIntegerField(
        default=0, help_text="Looks in vain since something happened; the next one backs off."
    )

    attempt = models.PositiveSmallIntegerField(default=0)
    command_executed = models.TextField(blank=True)
    jobsub_job_id = models.CharField(max_length=255, blank=True)
    jobs_submitted = models.PositiveIntegerField(null=True, blank=True)
    jobs = models.JSONField(
        default=dict, blank=True, help_text="Counts by state, as the agent last saw them."
    )
    pct_complete = models.FloatField(default=0)
    jobs_ended_at = models.DateTimeField(null=True, blank=True)

    completed_at = models.DateTimeField(null=True, blank=True)
    unknown_since = models.DateTimeField(null=True, blank=True)
    unknown_for = models.DurationField(default=timedelta)
    let_go = models.BooleanField(
        default=False, help_text="A person decided not to wait for more output."
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="submission_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(original=None) | Q(cause=Cause.RECOVERY),
                name="only_a_recovery_has_an_original",
            ),
            pairs("param_overrides", name="submission_overrides_are_pairs"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="submission_due"
            ),
            models.Index(
                fields=["run", "stage"], condition=Q(finished_at=None), name="submission_unfinished"
            ),
            models.Index(
                fields=["original"],
                condition=Q(original__isnull=False),
                name="submission_of_original",
            ),
            models.Index(
                fields=["slice_of"], condition=Q(slice_of__isnull=False), name="submission_of_pass"
            ),
            models.Index(fields=["stage", "-id"], name="submission_of_stage"),
            models.Index(fields=["experiment", "-id"], name="submission_of_experiment"),
            models.Index(
                fields=["status"],
                condition=~Q(
                    status__in=[Status.LOCATED, Status.SKIPPED, Status.REMOVED, Status.CANCELLED]
                ),
                name="submission_open",
            ),
        ]

    def __str__(self) -> str:
        return f"submission {self.pk}"

    @property
    def is_recovery(self) -> bool:
        """Whether it does again what another did: in its chain, or after that was finished."""
        return self.recovers_id is not None

    @property
    def recovers_id(self) -> int | None:
        """The id of the original that it is a recovery of, its chain's or a finished one's."""
        return recovers(self.original_id, self.cause_key)

    @property
    def chain_id(self) -> int:
        """The id of the original of the chain that this belongs to."""
        return self.original_id or self.pk

    @property
    def over_since(self) -> datetime | None:
        """Since when its chain is finished, or it is replaced, and no job of it can be left."""
        chain = self.original or self
        settled = chain.finished_at or (self.jobs_ended_at if self.replaced_by_id else None)
        killed = self.status in ENDED_BY_PERSON and self.jobs_ended_at is None
        ended = settled if killed else self.jobs_ended_at
        return max(settled, ended) if settled and ended else None

    @property
    def in_flight(self) -> bool:
        """Whether anything about it may still change by itself."""
        if self.finished_at is not None or self.replaced_by_id is not None:
            return False
        return self.status not in (SETTLED | BROKEN if self.original_id else BROKEN)

    def move_to(self, target: Status, **by: object) -> bool:
        """Move this one submission (see ``SubmissionQuerySet.move``); tell whether it moved."""
        moved = Submission.objects.filter(pk=self.pk).move(target, **by)  # type: ignore[arg-type]
        if moved:
            self.refresh_from_db(fields=MOVED)
        return bool(moved)

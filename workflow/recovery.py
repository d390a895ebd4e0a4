"""Which recovery comes next, and over which files (W5)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from campaigns.parameters import Pairs
from campaigns.recoveries import RECOVERY_TYPES
from submissions.chains import Chain
from submissions.models import Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.statuses import BROKEN, ENDED_BY_PERSON, Status
from workflow.decisions import Verdict


@dataclass(frozen=True)
class Plan:
    """A recovery to launch: step ``step`` of the list, over the ``files`` files of ``dataset``."""

    step: int
    kind: str
    dataset: str
    files: int
    overrides: Pairs

    @property
    def verdict(self) -> Verdict:
        facts = {"step": self.step, "type": self.kind, "files": self.files, "dataset": self.dataset}
        files = "1 file is" if self.files == 1 else f"{self.files} files are"
        return Verdict("recovery", True, f"{self.kind}: {files} worth another try", facts)


@dataclass(frozen=True)
class NotYet:
    """No recovery now; ``until`` None means: when something happens."""

    why: str
    until: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict("recovery", False, self.why)


def find_next(chain: Chain) -> Plan | NotYet | None:
    """Return the next recovery that has files, or None when no step is left.

    Asks the data handler; may raise Unknown: then there is no recovery now.
    """
    waiting = _open_member(chain)
    if waiting is not None:
        return waiting
    steps = chain.policy.recoveries
    if chain.original.steps_taken >= len(steps) or not chain.original.project:
        return None
    running = Submission.objects.filter(pk__in=chain.ids).jobs_may_run().order_by("pk").first()
    if running is not None:
        return NotYet(f"jobs of submission {running.pk} may still be running")
    for step in range(chain.original.steps_taken, len(steps)):
        found = _plan(chain, step)
        if found is not None:
            return found
    return None


def _open_member(chain: Chain) -> NotYet | None:
    for recovery in chain.recoveries:
        if recovery.status in BROKEN:
            return NotYet(f"recovery {recovery.pk} is {recovery.status}: relaunch or cancel it")
        if recovery.status not in ENDED_BY_PERSON | {Status.LOCATED, Status.SKIPPED}:
            return NotYet(f"recovery {recovery.pk} is {recovery.status}")
    return None


def _plan(chain: Chain, step: int) -> Plan | NotYet | None:
    kind, overrides = chain.policy.recoveries[step]
    recovery_type = RECOVERY_TYPES[kind]
    if recovery_type.waits_to_settle:
        settled = _settled_at(chain)
        if settled is not None and settled > timezone.now():
            return NotYet(f"outputs may be on their way until {settled:%F %T}", settled)
    dataset = f"poms_recover_{chain.original.pk}_{step}"
    files = recovery_type.files(chain.inputs)
    if chain.handler.count(files) == 0:
        return None
    frozen = chain.handler.freeze(dataset, files, anew=True)
    return Plan(step, kind, dataset, frozen, overrides) if frozen else None


def _settled_at(chain: Chain) -> datetime | None:
    ends = [member.jobs_ended_at for member in chain.members if member.jobs_ended_at]
    return max(ends) + chain.policy.settle_time if ends else None


def launch(original: Submission, plan: Plan) -> Submission:
    """Create the recovery; with identity, role and test flag of the original.

    Belongs to the transaction that settles the decision.
    """
    Submission.objects.filter(pk=original.pk).update(steps_taken=plan.step + 1)
    return register(
        original.stage,
        original.run,
        Cause.RECOVERY,
        key=f"recovery:{original.pk}:{plan.step}",
        overrides=[*original.param_overrides, *plan.overrides],
        creator=original.creator,
        original=original,
        recovery_step=plan.step,
        dataset=plan.dataset,
    )

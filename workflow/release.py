"""Whether a chain without recoveries left may go on, and which inputs it leaves behind (W6)."""

from dataclasses import dataclass

from campaigns.models.campaigns import CompletionType, ReleaseAt
from datahandling.query import Query
from submissions.chains import Chain
from submissions.models import Submission
from workflow.completion import facts, last_over, needed, patience_is_over
from workflow.decisions import Verdict
from workflow.models import LeftBehind, LeftBehindAs


@dataclass(frozen=True)
class LeftBehindFiles:
    """Names of inputs without located children: never consumed, or consumed but late."""

    given_up: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


NONE_LEFT = LeftBehindFiles()


def judge(chain: Chain) -> Verdict:
    """Say whether the chain may set off what follows. Asks the data handler; may raise Unknown."""
    original = chain.original
    if original.let_go:
        return Verdict("release", True, "a person let it go")
    if chain.policy.completion_type == CompletionType.COMPLETE or not _has_inputs(chain):
        return Verdict("release", True, "nothing more is asked of such a stage")
    if chain.policy.release_at == ReleaseAt.LOCATED:
        return Verdict("release", True, "nothing more is asked once it is Located")
    inputs = chain.handler.count(chain.inputs.inputs)
    have = chain.handler.count(chain.inputs.delivered)
    need = needed(inputs, chain)
    numbers = facts(have, need, inputs, chain)
    conclusion = f"{have} of the chain's {inputs} inputs have located children, {need} are needed"
    if have >= need:
        return Verdict("release", True, conclusion, numbers)
    if patience_is_over(original, chain, last_over(chain.members)):
        return Verdict(
            "release",
            True,
            f"{conclusion}; given up waiting after {chain.policy.give_up_after}",
            numbers,
        )
    return Verdict("release", False, conclusion, numbers)


def find_left_behind(chain: Chain, verdict: Verdict) -> LeftBehindFiles:
    """Name the inputs without located children. Asks the data handler; may raise Unknown.

    It isn't asked where the ``verdict`` already found all of them.
    """
    if not _has_inputs(chain) or chain.policy.completion_type == CompletionType.COMPLETE:
        return NONE_LEFT
    if verdict.facts and verdict.facts["have"] == verdict.facts["of"]:
        return NONE_LEFT
    missing: Query = chain.inputs.inputs - chain.inputs.delivered
    return LeftBehindFiles(
        given_up=tuple(chain.handler.files(missing - chain.inputs.consumed)),
        late=tuple(chain.handler.files(missing & chain.inputs.consumed)),
    )


def record_left_behind(original: Submission, left: LeftBehindFiles) -> None:
    """Write the names down. Belongs to the transaction that finishes the chain."""
    named = [(name, LeftBehindAs.GIVEN_UP) for name in left.given_up]
    named += [(name, LeftBehindAs.LATE) for name in left.late]
    LeftBehind.objects.bulk_create(
        LeftBehind(submission=original, file=name, kind=kind) for name, kind in named
    )


def _has_inputs(chain: Chain) -> bool:
    return bool(chain.original.project) and not chain.passes_input_on

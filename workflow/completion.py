"""Whether a Completed submission's output is there: Completed → Located (W4)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from math import ceil
from operator import and_
from typing import Any

from django.utils import timezone

from campaigns.models.campaigns import CompletionType, StageType
from datahandling.query import Located, Parents, Query
from submissions.chains import Chain
from submissions.models import Submission
from workflow.decisions import Verdict

ABOUT = "completion"
NO_PROJECT = "no project is known yet: whoever starts it has to report its name"

NUMBER_OF_JOBS = re.compile(r"(?:^|\s)-(?:N|Osubmit\.N)[ =]?(\d+)(?=\s|$)")


def judge(submission: Submission, chain: Chain) -> Verdict:
    """Say whether ``submission``'s output is there. Asks the data handler; may raise Unknown."""
    if submission.let_go:
        return Verdict(ABOUT, True, "a person decided not to wait for more output")
    if chain.passes_input_on:
        return Verdict(
            ABOUT, True, f"a stage of type {chain.policy.stage_type} passes its input on"
        )
    if chain.policy.completion_type == CompletionType.COMPLETE:
        return Verdict(ABOUT, True, "the stage asks only that the jobs are over")
    verdict = (
        _by_inputs(submission, chain)
        if _has_inputs(submission, chain)
        else _by_outputs(submission, chain)
    )
    if not verdict.enough and patience_is_over(submission, chain, submission.completed_at):
        return Verdict(
            ABOUT,
            True,
            f"{verdict.conclusion}; given up waiting after {chain.policy.give_up_after}",
            verdict.facts,
        )
    return verdict


def _has_inputs(submission: Submission, chain: Chain) -> bool:
    return bool(submission.project) and chain.policy.stage_type != StageType.GENERATOR


def _by_inputs(submission: Submission, chain: Chain) -> Verdict:
    """Count the inputs that were consumed and have every kind of child, located."""
    members = (submission,) if submission.original_id else chain.members
    inputs = chain.inputs_of(*members)
    consumed = chain.handler.count(inputs.consumed)
    have = chain.handler.count(_with_children(inputs.consumed, chain))
    need = needed(consumed, chain)
    numbers = facts(have, need, consumed, chain)
    if consumed > 0:
        conclusion = f"{have} of {consumed} consumed files have located children, {need} are needed"
        return Verdict(ABOUT, have >= need, conclusion, numbers)
    if submission.original_id is not None:
        return Verdict(ABOUT, True, "the recovery consumed no file: nothing to wait for", numbers)
    return Verdict(ABOUT, False, "no file was consumed", numbers)


def _by_outputs(submission: Submission, chain: Chain) -> Verdict:
    """Count located output against the number of jobs: of each edge, the least of them."""
    have = min((chain.handler.count(kind & Located()) for kind in chain.required), default=0)
    jobs = submission.jobs_submitted or number_of_jobs(submission.command_executed)
    need = needed(jobs, chain)
    numbers = facts(have, need, jobs, chain)
    enough = jobs > 0 and have >= need
    conclusion = (
        f"{have} located files of {jobs} jobs, {need} are needed"
        if jobs
        else f"{have} located files, but of how many jobs isn't known"
    )
    if not enough and _may_have_a_project(submission, chain):
        conclusion = f"{NO_PROJECT}; {conclusion}"
    return Verdict(ABOUT, enough, conclusion, numbers)


def _may_have_a_project(submission: Submission, chain: Chain) -> bool:
    """Tell whether its jobs may have started a project over its input that nobody told us of."""
    generator = chain.policy.stage_type == StageType.GENERATOR
    return bool(submission.dataset) and not generator and not chain.handler.makes_projects


def facts(have: int, need: int, of: int, chain: Chain) -> dict[str, Any]:
    return {"have": have, "need": need, "of": of, "percent": f"{chain.policy.completion_pct:f}"}


def _with_children(inputs: Query, chain: Chain) -> Query:
    with_each = (Parents(kind & Located(), chain.policy.depth) for kind in chain.required)
    return reduce(and_, with_each, inputs)


def needed(count: int, chain: Chain) -> int:
    """Return how many of ``count`` the stage's percentage asks for, rounded up."""
    return ceil(count * chain.policy.completion_pct / 100)


def number_of_jobs(command: str) -> int:
    """Return the number after ``-N`` in a submit command; 0 if it doesn't say.

    >>> number_of_jobs("jobsub_submit -N=10 file://job.sh"), number_of_jobs("--Name 5")
    (10, 0)
    """
    found = NUMBER_OF_JOBS.search(command)
    return int(found[1]) if found else 0


def patience_is_over(submission: Submission, chain: Chain, since: datetime | None) -> bool:
    """Tell whether output was waited for long enough, not counting time without clear answers."""
    end = patience_ends(submission, chain, since)
    return end is not None and timezone.now() >= end


def patience_ends(submission: Submission, chain: Chain, since: datetime | None) -> datetime | None:
    limit = chain.policy.give_up_after
    if limit is None or since is None:
        return None
    return since + limit + unknown_time(submission)


def unknown_time(submission: Submission) -> timedelta:
    going_on = (
        timezone.now() - submission.unknown_since if submission.unknown_since else timedelta()
    )
    return submission.unknown_for + going_on


def last_over(members: Iterable[Submission]) -> datetime | None:
    """Return when the last of these submissions was over."""
    return max((member.completed_at for member in members if member.completed_at), default=None)

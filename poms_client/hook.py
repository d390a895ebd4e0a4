"""``poms hook`` and ``poms job-info``: tracking by variables that jobsub_lite reads itself.

For people's own shells, where no shim is first in PATH::

    eval "$(poms hook --stage reco --campaign mc --experiment nova)"
    jobsub_submit -G nova file://job.sh

``JOBSUB_EXTRA_LINES`` and ``JOBSUB_EXTRA_ENVIRONMENT`` tag the jobs, ``JOBSUB_EXTRA_JOB_INFO``
has jobsub say their id. In launches by POMS the shim does more: it holds to the leave.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys

from poms_client import config, permits
from poms_client.api import Api
from poms_client.errors import NotConfigured, PomsError, Refused
from poms_client.systems import tags
from poms_client.systems.base import here
from poms_client.wrapper import BY_AGENT, is_forbidden

JOB_ID = re.compile(r"(\d+)[0-9.]*@(\S+)")
TOLD = ("POMS4_SUBMISSION_ID", "POMS_TASK_ID", "POMS_CAMPAIGN_ID", "POMS_URL")
BLOCK = "POMS_HOOK_FAILED=1; jobsub_submit() {{ echo {why} >&2; return {code}; }}"
UNBLOCK = '[ -z "${POMS_HOOK_FAILED:-}" ] || { unset POMS_HOOK_FAILED; unset -f jobsub_submit; }'


def hook(arguments: list[str]) -> int:
    """Register a submission, and print what a shell has to evaluate before jobsub_submit.

    If that fails, what is printed keeps the shell from submitting jobs that POMS doesn't know.
    """
    parser = argparse.ArgumentParser(prog="poms hook", description=hook.__doc__)
    parser.add_argument("--stage", help="the stage's id or name")
    parser.add_argument("--campaign", help="in which campaign the stage is, name or number")
    parser.add_argument("--experiment", help="in which experiment; for a name else $EXPERIMENT")
    said = parser.parse_args(arguments)
    try:
        if os.environ.get("POMS4_SUBMISSION_ID") or os.environ.get("POMS_LAUNCH_TOKEN_FILE"):
            raise NotConfigured("in a launch by POMS, use its jobsub_submit or poms submit")
        permit = permits.registered(said.stage, "jobsub_submit", said.experiment, said.campaign)
    except PomsError as error:
        print(BLOCK.format(why=shlex.quote(f"poms hook: {error}"), code=error.exit_code))
        raise
    assert permit.submission is not None
    print("\n".join([UNBLOCK, *exports(permit.submission)]))
    return 0


def exports(submission: int) -> list[str]:
    """Return the shell's lines; the tags are numbers only, as jobsub splits values at commas."""
    given = tags.of(submission, None)
    lines = [f"+{name}={given[name]}" for name in tags.NUMBERS if name in given]
    known = {**os.environ, "POMS4_SUBMISSION_ID": str(submission), "POMS_TASK_ID": str(submission)}
    told = [name for name in TOLD if known.get(name)]
    said = {
        **{name: known[name] for name in told},
        "JOBSUB_EXTRA_LINES": ",".join(lines),
        "JOBSUB_EXTRA_ENVIRONMENT": ",".join(told),
        "JOBSUB_EXTRA_JOB_INFO": "poms job-info",
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in said.items()]


def job_info(arguments: list[str]) -> int:
    """Tell POMS the id of a submission's jobs; jobsub calls it so after a submit."""
    parser = argparse.ArgumentParser(prog="poms job-info", description=job_info.__doc__)
    parser.add_argument("job_id")
    parser.add_argument("command", nargs="?", default="", help="what was run; not looked at")
    said = parser.parse_args(arguments)
    found = JOB_ID.fullmatch(said.job_id)
    if found is None:
        raise PomsError(f"{said.job_id!r} is no job id, such as 12.0@jobsub01.fnal.gov")
    submission = config.submission_id()
    report = {
        "submission_id": submission,
        "status": "New",
        "jobsub_job_id": f"{found[1]}@{found[2]}",
        "source": here(),
    }
    try:
        [outcome] = Api.for_launch().report([report])
    except Refused as refused:
        if not is_forbidden(refused):
            raise
        print(f"poms job-info: warning: {refused}; {BY_AGENT}", file=sys.stderr)
        return 0
    if outcome.get("outcome") == "unknown":
        raise Refused(404, f"POMS knows no submission {submission}")
    print(f"POMS knows {found[1]}@{found[2]} as submission {submission}", file=sys.stderr)
    return 0

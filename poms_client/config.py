"""What the environment says, for everything in this package.

=========================  ===========================================================
``POMS_URL``               where POMS is, without ``/api/v1``
``POMS_TOKEN_FILE``        token of a person or an agent (or ``POMS_TOKEN`` itself)
``POMS_JOB_TOKEN_FILE``    token of one submission, for its wrapper and its jobs
``POMS_LAUNCH_TOKEN_FILE`` token of one attempt to launch; asks leave, once
``POMS4_SUBMISSION_ID``    the submission that a launch or a job belongs to
``POMS_ATTEMPT``           number of the attempt to launch
``POMS_PROJECT``           project that hands the input files to the jobs
``POMS_OUTPUT_DIR``        folder for the submission's output
``POMS_BATCH_DIR``         the local batch (default ``$POMS_DATA_DIR/batch``)
``POMS_BATCH_SYSTEM``      where to submit: local (default), condor, jobsub or slurm
``POMS_PATIENCE``          seconds for which a request is repeated (default 10;
                           of a job, which has its work to lose, 600)
=========================  ===========================================================
"""

from __future__ import annotations

import os
from pathlib import Path

from poms_client.errors import NotConfigured


def text(name: str) -> str:
    """Return ``$name``, which has to be there."""
    value = os.environ.get(name, "")
    if not value:
        raise NotConfigured(f"set {name}")
    return value


def optional(name: str, default: str) -> str:
    return os.environ.get(name) or default


def number(name: str, default: float) -> float:
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise NotConfigured(f"{name} has to be a number, not {value!r}") from None


def patience(default: float = 10.0) -> float:
    return number("POMS_PATIENCE", default)


def token_in(path: str) -> str:
    """Return the token that the file holds; a job's was sent to its own folder."""
    folder = os.environ.get("CONDOR_DIR_INPUT") or os.environ.get("_CONDOR_SCRATCH_DIR", "")
    try:
        return Path(folder, path).read_text().strip()
    except OSError as error:
        raise NotConfigured(f"no token can be read from {path}: {error.strerror}") from None


def person_token() -> str:
    """Return the token of the person or agent that runs this."""
    path = os.environ.get("POMS_TOKEN_FILE") or os.environ.get("BEARER_TOKEN_FILE")
    value = os.environ.get("POMS_TOKEN") or (token_in(path) if path else "")
    if not value:
        raise NotConfigured("set POMS_TOKEN_FILE to a file that holds a token of yours")
    return value


def job_token() -> str:
    """Return the submission's token; a person who tries a job by hand uses their own."""
    path = os.environ.get("POMS_JOB_TOKEN_FILE")
    return token_in(path) if path else person_token()


def submission_id() -> int:
    value = text("POMS4_SUBMISSION_ID")
    if not value.isdecimal():
        raise NotConfigured(f"POMS4_SUBMISSION_ID has to be a number, not {value!r}")
    return int(value)


def batch_dir() -> Path:
    """Return the folder of the local batch; it need not exist yet."""
    if os.environ.get("POMS_BATCH_DIR"):
        return Path(os.environ["POMS_BATCH_DIR"]).absolute()
    if os.environ.get("POMS_DATA_DIR"):
        return Path(os.environ["POMS_DATA_DIR"]).absolute() / "batch"
    raise NotConfigured("set POMS_BATCH_DIR to the folder of the local batch")

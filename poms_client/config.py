"""What the environment says, and for people their file, for everything in this package.

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
``POMS_CONFIG``            a person's file (default ``~/.config/poms/config``)
=========================  ===========================================================

The file says ``POMS_URL``, ``POMS_TOKEN_FILE`` and ``POMS_PATIENCE`` where the environment doesn't,
as lines ``NAME=value``. A token has a file of its own, which only its owner can read.
"""

from __future__ import annotations

import os
from pathlib import Path

from poms_client.errors import NotConfigured

IN_FILE = ("POMS_URL", "POMS_TOKEN_FILE", "POMS_PATIENCE")
OTHERS = 0o077  # of a file's mode
NO_FILE = (FileNotFoundError, NotADirectoryError, PermissionError)  # as where there is no home


def text(name: str) -> str:
    """Return ``$name``, which has to be there."""
    value = _said(name)
    if not value:
        where = f", or write it into {_file()}" if name in IN_FILE else ""
        raise NotConfigured(f"set {name}{where}")
    return value


def optional(name: str, default: str) -> str:
    return _said(name) or default


def number(name: str, default: float) -> float:
    value = _said(name)
    try:
        return float(value) if value else default
    except ValueError:
        raise NotConfigured(f"{name} has to be a number, not {value!r}") from None


def _said(name: str) -> str:
    """Return what the environment says of ``name``, else what the person's file does."""
    value = os.environ.get(name, "")
    return value or (_in_file().get(name, "") if name in IN_FILE else "")


def _folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - the same
    return Path(base, "poms")


def _file() -> Path:
    return Path(os.environ.get("POMS_CONFIG") or _folder() / "config")


def _in_file() -> dict[str, str]:
    """Return what the person's file says; it need not be there, unless it is named."""
    try:
        lines = _file().read_text().splitlines()
    except OSError as error:
        if os.environ.get("POMS_CONFIG") or not isinstance(error, NO_FILE):
            raise NotConfigured(f"{_file()} can't be read: {error.strerror}") from None
        return {}
    said = {}
    for line in map(str.strip, lines):
        name, equals, value = (part.strip() for part in line.partition("="))
        if name in IN_FILE and equals:
            said[name] = value
        elif line and not line.startswith("#"):
            known = ", ".join(IN_FILE)
            raise NotConfigured(f"{_file()} has lines NAME=value for {known}, not {line[:20]!r}")
    return said


def patience(default: float = 10.0) -> float:
    return number("POMS_PATIENCE", default)


def token_in(path: str) -> str:
    """Return the token that the file holds."""
    try:
        return _found(path).read_text().strip()
    except OSError as error:
        raise NotConfigured(f"no token can be read from {path}: {error.strerror}") from None


def _found(path: str) -> Path:
    """Return where a token's file is; a job's was sent to its own folder."""
    folder = os.environ.get("CONDOR_DIR_INPUT") or os.environ.get("_CONDOR_SCRATCH_DIR", "")
    return Path(folder, os.path.expanduser(path))  # noqa: PTH111 - it never fails


def person_token() -> str:
    """Return the token of the person or agent that runs this."""
    if os.environ.get("POMS_TOKEN"):
        return os.environ["POMS_TOKEN"]
    own = _said("POMS_TOKEN_FILE")
    if own:
        return _private(own)
    if os.environ.get("BEARER_TOKEN_FILE"):
        return token_in(os.environ["BEARER_TOKEN_FILE"])
    usual = _folder() / "token"
    if not os.access(usual, os.F_OK):
        raise NotConfigured(
            f"put a token of yours into {usual}, or set POMS_TOKEN_FILE to the file that holds it"
        )
    return _private(str(usual))


def _private(path: str) -> str:
    """Return the token of a person's own file; one that others could take isn't used."""
    token = token_in(path)
    known = _found(path).stat()
    if known.st_uid == os.geteuid() and known.st_mode & OTHERS:
        raise NotConfigured(f"{path} is open to others: chmod 600 {path}, and make a new token")
    return token


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

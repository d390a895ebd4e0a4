"""What agents read out of job ids, arguments and environments, in all their spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Optional

LEAD_JOB = re.compile(r"^(\d+)(?:\.\d+)*@(.+)$")
IN_ARGUMENTS = re.compile(r"--(?:sam|project)[_-](?:project|name)[ =]([^\s'\"]+)")
IN_ENVIRONMENT = ("SAM_PROJECT_NAME", "SAM_PROJECT")
TAG = re.compile(r"\bPOMS4_SUBMISSION_ID=(\d{1,18})\b")


def lead_job(job_id: str) -> str:
    """Return ``88@host`` for ``88.0@host``, ``88.000000.0.000000@host`` and ``88@host``."""
    found = LEAD_JOB.match(job_id)
    return f"{found[1]}@{found[2]}" if found else job_id


def project_in(arguments: Optional[str], environment: Mapping[str, Optional[str]]) -> str:
    """Return the name of the SAM project that jobs run with; empty where none is said."""
    found = IN_ARGUMENTS.search(arguments or "")
    if found:
        return found[1]
    return next((value for name in IN_ENVIRONMENT if (value := environment.get(name))), "")


def environment_of(said: str) -> dict[str, Optional[str]]:
    """Return what a job ad's ``Environment`` says of the project: words, quoted by ``'``."""
    found: dict[str, Optional[str]] = {}
    for name in IN_ENVIRONMENT:
        match = re.search(rf"(?:^|\s)'?{name}='?([^\s']+)", said)
        found[name] = match[1] if match else None
    return found


def submission_in(comment: Optional[str]) -> Optional[int]:
    """Return the submission that a comment names, ``POMS4_SUBMISSION_ID=1234``."""
    found = TAG.search(comment or "")
    return int(found[1]) if found else None

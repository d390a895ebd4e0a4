"""How jobs carry whose they are: ClassAd attributes, or a comment. No secret is among them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

from poms_client.errors import PomsError

NUMBERS = (
    *("POMS4_SUBMISSION_ID", "POMS_TASK_ID", "POMS_CAMPAIGN_ID"),
    *("POMS4_CAMPAIGN_STAGE_ID", "POMS4_CAMPAIGN_ID", "POMS_ATTEMPT"),
)
TEXTS = (
    *("POMS_LAUNCHER", "POMS_CAMPAIGN_NAME", "POMS4_CAMPAIGN_STAGE_NAME"),
    *("POMS4_CAMPAIGN_NAME", "POMS4_CAMPAIGN_TYPE"),
)
# HTCondor's submit language can't end a string with a backslash, whatever is done to it.
SAFE = str.maketrans({"\\": "/", '"': '\\"'})


def of(submission: int, attempt: Optional[int]) -> dict[str, str]:
    """Return the attributes of a submission's jobs, as ClassAd expressions by name."""
    around: dict[str, str] = {**os.environ, "POMS_ATTEMPT": str(attempt or "")}
    around["POMS4_SUBMISSION_ID"] = around["POMS_TASK_ID"] = str(submission)
    found = {name: around[name] for name in NUMBERS if around.get(name, "").isdecimal()}
    found.update({name: quoted(around[name]) for name in TEXTS if around.get(name)})
    found["POMS4_TEST_LAUNCH"] = str(around.get("POMS4_TEST_LAUNCH") == "True")
    found["FIFE_CATEGORIES"] = quoted(_categories(around))
    return found


def comment(submission: int, attempt: Optional[int]) -> str:
    """Return the comment of a submission's jobs, for a system without attributes (Slurm)."""
    tried = f" POMS_ATTEMPT={attempt}" if attempt is not None else ""
    return f"POMS4_SUBMISSION_ID={submission}{tried}"


def quoted(text: str) -> str:
    """Return a ClassAd string with this text."""
    if not text.isprintable():
        raise PomsError(f"{text!r} can't be a tag of jobs: it isn't one line of text")
    return '"' + text.translate(SAFE) + '"'


def _categories(around: Mapping[str, str]) -> str:
    said = [f"POMS_TASK_ID_{around['POMS_TASK_ID']}"]
    if around.get("POMS_CAMPAIGN_ID"):
        said.append(f"POMS_CAMPAIGN_ID_{around['POMS_CAMPAIGN_ID']}")
    return ",".join([*said, *filter(None, [around.get("POMS_CAMPAIGN_TAGS", "")])])

"""Where the things of a launch lie: on this machine, or over ssh in the account's home there."""

import shlex
from pathlib import Path

from django.conf import settings as site

from campaigns.models.setups import LauncherName
from submissions.models import LaunchAttempt, Submission


def places(submission: Submission, attempt: LaunchAttempt | None) -> dict[str, str]:
    """Return, as quoted words, where jobs put what they make, and where an attempt has its tokens.

    Over ssh both are in the account's home there, in folders of POMS.
    """
    outputs = shlex.quote(str(output_folder(submission.pk)))
    if is_remote(submission):
        outputs = f'"$HOME/.poms/outputs/{submission.pk or 0:d}"'
    if attempt is None:
        return {"POMS_OUTPUT_DIR": outputs}
    folder = folder_of(submission, attempt)
    return {
        "POMS_OUTPUT_DIR": outputs,
        "POMS_LAUNCH_TOKEN_FILE": f"{folder}/launch-token",
        "POMS_JOB_TOKEN_FILE": f"{folder}/job-token",
    }


def folder_of(submission: Submission, attempt: LaunchAttempt) -> str:
    """Return, as a quoted word, the folder of an attempt where its script runs."""
    if is_remote(submission):
        return f'"$HOME/.poms/launches/{submission.pk:d}/{attempt.number:d}"'
    return shlex.quote(str(attempt.folder))


def is_remote(submission: Submission) -> bool:
    return bool(submission.snapshot.content["login_setup"]["launcher"] == LauncherName.SSH)


def output_folder(submission_id: int) -> Path:
    """Return where local jobs of a submission put what they make."""
    return Path(site.DATA_DIR) / "outputs" / str(submission_id)

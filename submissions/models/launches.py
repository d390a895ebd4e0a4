"""Attempts at launching a submission, each fenced by a token of its own (W9)."""

import hashlib
import secrets
from pathlib import Path

from django.conf import settings
from django.db import models

JOB_TOKEN_PREFIX = "job_"


def new_token(prefix: str = "") -> tuple[str, str]:
    """Return a random token and the digest of it that may be stored."""
    token = prefix + secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class LaunchAttempt(models.Model):
    """The k-th time that a submission's launch script is started.

    ``token_digest`` is of the secret with which the wrapper asks leave, once; ``job_token_digest``
    of the one with which the submission's jobs speak.
    """

    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField()
    token_digest = models.CharField(max_length=64, unique=True)
    job_token_digest = models.CharField(max_length=64, unique=True)
    job_token_expires = models.DateTimeField()
    started_at = models.DateTimeField()
    leave_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(
        null=True, help_text="After this the wrapper has given up submitting."
    )

    aborted = models.BooleanField(default=False, help_text="A person had its script killed.")
    another_wanted = models.BooleanField(
        default=False, help_text="A person asked for another attempt after this one."
    )
    uploads = models.JSONField(
        default=list, help_text="The owner's files that it had: name, size and sha256 of each."
    )

    class Meta:
        ordering = ["submission", "number"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="attempts_are_numbered")
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.submission_id}"

    @property
    def folder(self) -> Path:
        """Where this attempt keeps script, tokens, log, process id and exit code; 0700."""
        return Path(settings.DATA_DIR) / "launches" / str(self.submission_id) / str(self.number)

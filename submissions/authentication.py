"""How jobs and launches prove who they are: by the tokens of their launch attempt (W9)."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from submissions.models import LaunchAttempt, Submission
from submissions.models.launches import JOB_TOKEN_PREFIX, digest

# What jobs made may be declared by a step of theirs that comes late, or was repeated.
TIME_FOR_LATE_WORDS = timedelta(days=3)


@dataclass(frozen=True)
class Job:
    """Who speaks with a job token: the jobs of one submission, and nobody else."""

    submission: Submission
    is_authenticated: bool = True
    is_active: bool = False  # as a person it counts for nothing
    is_superuser: bool = False
    is_agent: bool = False
    pk: None = None

    @property
    def experiment(self) -> str:
        return self.submission.experiment.name


class JobTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer job_…``, written into a file of the launch.

    It is good until it expires, or its submission has been over for three days.
    """

    def authenticate(self, request: Request) -> tuple[Job, LaunchAttempt] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if (
            len(words) != 2
            or words[0].lower() != "bearer"
            or not words[1].startswith(JOB_TOKEN_PREFIX)
        ):
            return None
        attempts = LaunchAttempt.objects.select_related(
            "submission__experiment", "submission__stage", "submission__original"
        )
        attempt = attempts.filter(job_token_digest=digest(words[1])).first()
        now = timezone.now()
        if attempt is None or attempt.job_token_expires < now:
            raise AuthenticationFailed("this job token is unknown or has expired")
        over_since = attempt.submission.over_since
        if over_since is not None and over_since + TIME_FOR_LATE_WORDS < now:
            raise AuthenticationFailed(
                f"this job token has ended: submission {attempt.submission_id} is over since "
                f"{over_since:%F %H:%M}"
            )
        return Job(attempt.submission), attempt

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

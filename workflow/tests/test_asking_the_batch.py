"""The batch system is asked for a submission's tag, and only for what can be there."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from submissions.launchers.local import LocalLauncher
from submissions.models import LaunchAttempt

FIRST = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def asked(world, tmp_path):
    """Ask for a submission's jobs; return the words of the question and the answer."""
    submission = world.launch(world.stage("gen", stage_type="generator"))
    said = json.dumps({"jobs": []})
    content = submission.snapshot.content
    content["login_setup"]["launch_setup"] = (
        f"poms() {{ echo \"$@\" > {tmp_path}/words; echo '{said}'; }}"
    )

    def _asked(*starts):
        for number, start in enumerate(starts, start=1):
            secret = str(number)
            LaunchAttempt.objects.create(
                submission=submission,
                number=number,
                started_at=start,
                token_digest=secret,
                job_token_digest=secret,
                job_token_expires=start,
            )
        found = LocalLauncher(submission).find_jobs(submission.pk)
        return (tmp_path / "words").read_text().split(), found

    _asked.question = ["find", "--tag", str(submission.pk), "--json"]
    return _asked


def test_what_ended_a_day_before_the_first_attempt_is_not_looked_through(asked):
    words, found = asked(FIRST, FIRST + timedelta(days=3))

    day_before = int((FIRST - timedelta(days=1)).timestamp())
    assert words == [*asked.question, "--since", str(day_before)]
    assert found is None


def test_without_an_attempt_everything_is_looked_through(asked):
    assert asked() == (asked.question, None)

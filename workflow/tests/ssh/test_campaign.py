"""A campaign whose launches go over ssh, and the loop that is killed on the way."""

import pytest

from submissions.models import LaunchAttempt
from workflow.tests.crash.site import KILLED
from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.ssh.far import FarSite, OverSsh
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [
    *(pytest.mark.real, pytest.mark.crash, pytest.mark.slow, pytest.mark.long),
    *(pytest.mark.timeout(300), NEEDS, NEEDS_SETPRIV),
]

LAUNCHING = ["before-launch", "before-start", "after-start"]


@pytest.fixture
def site(transactional_db, settings, short_folder):
    """A site, and the launch host of its campaigns."""
    settings.LOCAL_LAUNCHER = True  # the campaign file has it; it is launched over ssh
    settings.DATA_DIR = short_folder
    site = FarSite(short_folder)
    try:
        yield site
    finally:
        site.stop()
    assert site.processes() == []


@pytest.fixture
def campaigns(site):
    return OverSsh(site)


def test_the_launch_host_is_away_and_then_the_loop_is_killed_at_each_point(site, campaigns):
    site.sshd.stop()
    run = campaigns.launch(campaigns.make())
    [submission] = run.submissions.all()
    site.until(submission.decisions.filter(conclusion__contains="can't be reached").exists, 60)
    submission.refresh_from_db()
    assert (submission.status, submission.attempt) == ("New", 0)

    site.sshd.start()
    site.crash("loop", *LAUNCHING)

    campaigns.finish()
    assert site.deaths == [("loop", KILLED)] * len(LAUNCHING)
    assert list(site.sshd.home.glob(".poms/launches/*/*/job-token"))


def test_wrappers_there_are_killed_and_connections_are_cut(site, campaigns):
    """Cut after the leave, when only the batch at the other end knows whether the jobs are in."""
    points = {"gen": "before-submit", "work": "after-submit", "merge": "after-leave"}
    crashes = [f"{stage}/1) export POMS_CRASH_AT={at} ;;" for stage, at in points.items()]
    setup = f"case $POMS4_CAMPAIGN_STAGE_NAME/$POMS_ATTEMPT in {' '.join(crashes)} esac"
    campaigns.launch(campaigns.make("wrapped", setup))
    for stage in points:
        granted = LaunchAttempt.objects.filter(submission__stage__name=stage).exclude(leave_at=None)
        site.until(granted.exists, seconds=100)
        site.sshd.cut()

    campaigns.finish()
    for stage, again in (("gen", True), ("work", False), ("merge", True)):
        attempts = LaunchAttempt.objects.filter(submission__stage__name=stage, number=2)
        assert attempts.exists() is again, stage

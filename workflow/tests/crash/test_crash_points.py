"""Each part is killed at each of its named points; the campaign runs as if nothing had been."""

import pytest

from campaigns.models import ApiToken
from datahandling.models import Handle
from poms_client.api import Api
from submissions.models import LaunchAttempt, Submission
from workflow.tests.crash.site import KILLED, NEEDS

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(300), NEEDS]

LOOP = [
    *("before-launch", "before-start", "after-start"),
    *("before-settle", "after-settle", "before-hand-out", "before-fire"),
]
DAEMON = ["daemon-adopted", "daemon-started-job", "daemon-job-over", "daemon-before-summary"]
# Where the wrapper of the first attempt at each stage crashes, in two campaigns.
WRAPPER = {
    "one": {"gen": "before-submit", "work": "after-submit", "merge": "after-leave"},
    "other": {"gen": "after-leave", "work": "after-report", "merge": "before-submit"},
}
SUBMITTED_ALREADY = ("after-submit", "after-report")


def test_the_loop_is_killed_at_each_point(site, campaigns):
    site.crash("loop", *LOOP)
    campaigns.launch(campaigns.make())

    campaigns.finish()
    assert site.crashes["loop"] == []
    assert site.deaths == [("loop", KILLED)] * len(LOOP)


def test_web_workers_are_killed_before_they_say_what_they_granted(site, campaigns):
    site.crash("web", "after-grant")
    campaigns.launch(campaigns.make())
    site.until(LaunchAttempt.objects.exclude(leave_at=None).exists, seconds=30)
    site.crash("web", "after-next")
    site.until(Handle.objects.exclude(reserved_at=None).exists, seconds=60)
    site.restart("web")

    campaigns.finish()
    assert LaunchAttempt.objects.filter(submission__stage__name="gen").count() >= 2


def test_a_launch_is_made_once_though_the_web_worker_died_before_it_said_so(site, campaigns):
    stage = campaigns.make().stages.get(name="gen")
    site.crash("web", "before-answer")

    told = api_of(campaigns.person, site).launch(stage.pk)
    registered = api_of(campaigns.person, site).register(f"{stage.pk}", "true", None, None)

    launched, external = Submission.objects.order_by("pk")
    assert (told["submission_id"], registered) == (launched.pk, external.pk)
    assert "was sent SIGKILL" in (site.folder / "web.log").read_text()


def api_of(person, site):
    _, token = ApiToken.objects.create(person)
    return Api(site.environment["POMS_URL"], token, patience=60.0)


def test_wrappers_are_killed_at_each_point(campaigns):
    for name, points in WRAPPER.items():
        crashes = [f"{stage}/1) export POMS_CRASH_AT={at} ;;" for stage, at in points.items()]
        setup = f"case $POMS4_CAMPAIGN_STAGE_NAME/$POMS_ATTEMPT in {' '.join(crashes)} esac"
        campaigns.launch(campaigns.make(name, setup))

    campaigns.finish()
    for name, points in WRAPPER.items():
        for stage, point in points.items():
            attempts = LaunchAttempt.objects.filter(
                submission__stage__name=stage, submission__stage__campaign__name=name
            )
            again = attempts.filter(number=2).exists()
            assert again is (point not in SUBMITTED_ALREADY), (name, stage, point)


def test_the_batch_daemon_is_killed_at_each_point(site, campaigns):
    campaigns.launch(campaigns.make())
    for point in DAEMON:
        site.crash_daemon(point)

    campaigns.finish()

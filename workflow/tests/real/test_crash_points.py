"""On a real HTCondor each part is killed at each step of a launch over ssh (W9)."""

import pytest

from workflow.tests.crash.site import KILLED, kill
from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.real import laws
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [
    *(pytest.mark.real, pytest.mark.crash, pytest.mark.slow, pytest.mark.long),
    *(pytest.mark.timeout(600), NEEDS, NEEDS_SETPRIV),
]

NAMED = {
    "loop": ("before-launch", "before-start", "after-start"),
    "agent": ("agent-before-report", "agent-after-report"),
}
# Of the wrapper of a first attempt: whether another one is needed then.
WRAPPER = {"after-leave": True, "before-submit": True, "after-submit": False, "after-report": False}
# Gates at which a launch stops at the other end, and who is there then.
STEPS = {
    "setup": ("launcher", "agent", "loop"),
    "condor_submit": ("launcher", "wrapper", "agent", "loop"),
    "end": ("launcher", "agent", "loop"),
}
VICTIMS = {
    "launcher": lambda site: site.launchers(),
    "wrapper": lambda site: site.wrappers(),
    "agent": lambda site: site.parts("agent"),
    "loop": lambda site: site.parts("loop"),
}
# What POMS does about it while that part of the launch is still at its gate.
BEFORE_IT_GOES_ON = {
    ("setup", "launcher"): lambda submission: submission.attempt == 2,
    ("condor_submit", "launcher"): lambda submission: decided(submission, "had leave until"),
    ("condor_submit", "wrapper"): lambda submission: submission.attempt == 2,
}
JOBS = 2
SUBMIT = f"poms submit -N {JOBS} -- true"


def decided(submission, words):
    return submission.decisions.filter(conclusion__contains=words).exists()


@pytest.fixture
def campaigns(on):
    return on("condor")


@pytest.mark.parametrize("part", NAMED)
def test_a_part_is_killed_at_each_of_its_points(campaigns, part):
    campaign = campaigns.make_one("named", SUBMIT)
    for point in NAMED[part]:
        campaigns.site.crash(part, point)
        submission = campaigns.launch_one(campaign)
        campaigns.becomes(submission, "Located")
        laws.check(campaigns.pool, submission, JOBS)
    assert campaigns.site.deaths == [(part, KILLED)] * len(NAMED[part])


def test_a_wrapper_is_killed_at_each_of_its_points(campaigns):
    crash = '[ "$POMS_ATTEMPT" != 1 ] || export POMS_CRASH_AT={}'
    launched = {
        point: campaigns.launch_one(campaigns.make_one(point, SUBMIT, crash.format(point)))
        for point in WRAPPER
    }

    for point, again in WRAPPER.items():
        campaigns.becomes(launched[point], "Located")
        laws.check(campaigns.pool, launched[point], JOBS)
        assert (launched[point].attempt > 1) is again, point


@pytest.mark.parametrize(
    ("step", "victim"), [(step, victim) for step, there in STEPS.items() for victim in there]
)
def test_a_part_is_killed_at_each_step(campaigns, step, victim):
    # What asks for the jobs later finds the set-up open: it is no attempt.
    setup = (
        f"export PATH={campaigns.in_front('condor_submit')}:$PATH; "
        f'[ -z "$POMS_ATTEMPT" ] || {campaigns.gate} setup true'
    )
    campaign = campaigns.make_one("steps", f"{SUBMIT} && {campaigns.gate} end true", setup)
    campaigns.close(step)
    submission = campaigns.launch_one(campaign)
    campaigns.site.until(lambda: campaigns.are_at(step, submission), 30)

    assert sum(map(kill, VICTIMS[victim](campaigns.site)))
    if (step, victim) in BEFORE_IT_GOES_ON:
        campaigns.comes_to(submission, BEFORE_IT_GOES_ON[step, victim])
    campaigns.open(step)

    campaigns.becomes(submission, "Located")
    laws.check(campaigns.pool, submission, JOBS)

"""Rounds on a real HTCondor in which parts of a launch over ssh are killed at any moment (W9).

``POMS_CRASH_ROUNDS`` says how many rounds there are; ``make test-real`` has 50.
"""

import os
import random
import time
from collections import Counter

import pytest

from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.crash.site import attempt_of, kill
from workflow.tests.real import laws
from workflow.tests.ssh.sshd import NEEDS

ROUNDS = int(os.environ.get("POMS_CRASH_ROUNDS", "3"))
pytestmark = [
    *(pytest.mark.real, pytest.mark.crash, pytest.mark.slow),
    *(pytest.mark.timeout(120 + 120 * ROUNDS), NEEDS, NEEDS_SETPRIV),
]

LONGEST = 0.3  # seconds from the begin of a launch to a kill; undisturbed it takes as long
TIME_TO_BEGIN = 20.0  # seconds
LAST_ATTEMPT = 8  # a launch that is lost so often is given up, as it should be
JOBS = 2


def wrappers(site):
    return [pid for pid in site.wrappers() if 0 < attempt_of(pid) < LAST_ATTEMPT]


VICTIMS = {
    "agent": lambda site: site.parts("agent"),
    "launcher": lambda site: site.launchers(),
    "loop": lambda site: site.parts("loop"),
    "wrapper": wrappers,
}


def test_each_submission_is_submitted_once_whatever_is_killed(on):
    campaigns = on("condor")
    campaign = campaigns.make_one("rounds", f"poms submit -N {JOBS} -- true")
    chance = random.Random(ROUNDS)
    kills, launched = Counter(), []
    for _ in range(ROUNDS):
        launched.append(campaigns.launch_one(campaign))
        kills.update(kill_some(campaigns.site, launched[-1], chance))
        campaigns.becomes(launched[-1], "Located")
        laws.check(campaigns.pool, launched[-1], JOBS)

    for submission in launched:  # nothing came later
        laws.check(campaigns.pool, submission, JOBS)
    attempts = Counter(submission.attempt for submission in launched)
    print(f"{ROUNDS} rounds, killed: {dict(kills)}; attempts: {dict(attempts)}")
    assert kills.total() >= ROUNDS // 2, kills


def kill_some(site, submission, chance):
    """Kill some parts, each at a moment of its own in a launch; yield those that were there.

    A part of the launch itself that isn't there yet is killed as soon as it is.
    """
    chosen = chance.sample(sorted(VICTIMS), chance.randint(1, len(VICTIMS)))
    moments = sorted((chance.uniform(0.0, LONGEST), chance.random(), kind) for kind in chosen)
    site.wait_for(lambda: site.launchers() or is_submitted(submission), TIME_TO_BEGIN)
    began = time.monotonic()
    for moment, which, kind in moments:
        time.sleep(max(0.0, began + moment - time.monotonic()))
        find = VICTIMS[kind]
        site.wait_for(lambda: find(site) or is_submitted(submission), TIME_TO_BEGIN)  # noqa: B023
        victims = sorted(find(site))
        if victims and kill(victims[int(which * len(victims))]):
            yield kind


def is_submitted(submission):
    submission.refresh_from_db()
    return bool(submission.jobsub_job_id)

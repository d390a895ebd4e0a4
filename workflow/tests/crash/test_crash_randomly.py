"""Two campaigns run while anything is killed at any time; ``POMS_KILLS`` says how often."""

import os
import random
from collections import Counter

import pytest

from workflow.runs import State, state_of
from workflow.tests.crash.site import NEEDS, attempt_of, kill

KILLS = int(os.environ.get("POMS_KILLS", "30"))
pytestmark = [pytest.mark.crash, pytest.mark.slow, NEEDS, pytest.mark.timeout(300 + 10 * KILLS)]

PAUSE = (0.2, 1.5)  # seconds between kills
TIME_FOR_A_VICTIM = 10.0  # seconds to wait for one of its kind: wrappers are few and short-lived
LAST_ATTEMPT = 8  # a launch that is lost eight times is given up, as it should be


def wrappers(site):
    return [pid for pid in site.wrappers() if 0 < attempt_of(pid) < LAST_ATTEMPT]


VICTIMS = {
    "loop": lambda site: site.parts("loop"),
    "agent": lambda site: site.parts("agent"),
    "daemon": lambda site: site.daemons(),
    "wrapper": wrappers,
    "web worker": lambda site: site.web_workers(),
}


def test_two_campaigns_run_to_their_end_whatever_is_killed(site, campaigns):
    chance = random.Random(KILLS)
    running = {campaign: campaigns.launch(campaign) for campaign in map(campaigns.make, "ab")}
    kills = Counter()
    for kind in in_turn(chance):
        site.wait_for(lambda: False, chance.uniform(*PAUSE))
        victims = site.wait_for(lambda: VICTIMS[kind](site), TIME_FOR_A_VICTIM)  # noqa: B023
        kills[kind] += bool(victims) and kill(chance.choice(victims))
        if kills.total() == KILLS:
            break
        for campaign, run in running.items():
            if state_of(run).state == State.DONE:
                running[campaign] = campaigns.launch(campaign)

    campaigns.finish()
    print(f"{len(campaigns.runs)} runs are done after {dict(kills)}")


def in_turn(chance):
    """Yield kinds of victims without end; each as often, in an order that nobody knows."""
    while True:
        yield from chance.sample(sorted(VICTIMS), len(VICTIMS))

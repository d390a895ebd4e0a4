"""WORKFLOW.md on campaigns drawn at random, with everything happening in any order (storm.py).

Each number is a campaign and a storm. What was found with one became a test by name; when one
fails here, the message says which and tells all that happened.
"""

import os
import random
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import transaction

from campaigns.models import Experiment, Experimenter, LoginSetup
from campaigns.validation import validate_campaign
from datahandling.handlers import HANDLERS
from submissions.launchers import LAUNCHERS
from workflow.tests.graphs import draw_campaign
from workflow.tests.laws import breaches, not_done, stalls, tell
from workflow.tests.memory import MemoryHandler
from workflow.tests.storm import REFUSALS, Hosts, Storm

pytestmark = [pytest.mark.property, pytest.mark.django_db, pytest.mark.timeout(600)]

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
CAMPAIGNS = 500 if os.environ.get("POMS_THOROUGH") == "1" else 50
AT_ONCE = 10


@pytest.fixture
def login():
    experiment = Experiment.objects.create(name="demo")
    person = Experimenter.objects.create(username="prod")
    common = {"experiment": experiment, "creator": person}
    return LoginSetup.objects.create(name="here", launcher="local", **common)


@pytest.fixture
def weather(login, monkeypatch, tmp_path, settings):
    """Draw a campaign and its storm; gone, with all that it left, when the test is through."""

    def weather(number, clock):
        rng, handler = random.Random(number), MemoryHandler()

        def files_of(name):
            count = rng.choice((0, 1, 2, 2, 3, 3, 4))
            handler.world.datasets[name] = {
                handler.declare(f"{name}.{n}").name for n in range(count)
            }
            return name

        drawn = draw_campaign(rng, number, login=login, files_of=files_of)
        storm = Storm(rng, drawn, handler, clock)
        settings.DATA_DIR = tmp_path / str(number)
        monkeypatch.setitem(HANDLERS, "catalogue", lambda *where: handler)
        monkeypatch.setitem(LAUNCHERS, "local", type("HostsHere", (Hosts,), {"storm": storm}))
        return storm

    return weather


def live_through(storm):
    """Launch, rage, and come to rest, first without people and then with them; return breaches."""
    with suppress(*REFUSALS):
        for _ in range(storm.rng.choice((1, 1, 2))):
            storm.launch()
    storm.rage(storm.rng.choice((10, 30, 80)))
    storm.calm()
    found = list(stalls())
    while storm.put_right():
        storm.calm()
    return [*found, *not_done(), *breaches(storm.handler)]


@pytest.mark.parametrize("first", range(0, CAMPAIGNS, AT_ONCE))
def test_every_run_gets_done_once_or_says_what_broke_it(first, weather):
    for number in range(first, first + AT_ONCE):
        with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
            storm = weather(number, clock)
            assert validate_campaign(storm.drawn.campaign) == []
            found = live_through(storm)
            assert not found, "\n".join([f"campaign {number}:", *found, tell(storm.drawn)])
            transaction.set_rollback(True)

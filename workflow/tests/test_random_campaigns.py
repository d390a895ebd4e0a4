"""WORKFLOW.md on campaigns drawn at random, with everything happening in any order (see storm.py)."""

import os
import random
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import transaction

from campaigns.models import Experiment, Experimenter, LoginSetup
from campaigns.validation import validate_campaign
from datahandling.handlers import HANDLERS
from submissions.launchers import LAUNCHERS
from workflow.tests.graphs import draw_campaign
from workflow.tests.laws import breaches, not_done, stalls
from workflow.tests.memory import MemoryHandler
from workflow.tests.storm import Hosts, Storm

pytestmark = [pytest.mark.property, pytest.mark.django_db]

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
CHUNK = 10


@pytest.fixture
def login():
    experiment = Experiment.objects.create(name="demo")
    person = Experimenter.objects.create(username="prod")
    return LoginSetup.objects.create(
        name="here", launcher="local", experiment=experiment, creator=person
    )


def run_one(seed, login, monkeypatch, folder, settings, check_shape=False):
    rng = random.Random(seed)
    handler = MemoryHandler()
    settings.DATA_DIR = folder / str(seed)
    monkeypatch.setitem(HANDLERS, "catalogue", lambda experiment: handler)

    def files_of(name):
        handler.world.datasets[name] = {
            handler.declare(f"{name}.{n}").name for n in range(rng.choice((0, 1, 2, 2, 3, 3, 4, 5)))
        }
        return name

    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        drawn = draw_campaign(rng, seed, login=login, files_of=files_of)
        storm = Storm(rng, drawn, handler, clock)
        monkeypatch.setitem(LAUNCHERS, "local", lambda: Hosts(storm))
        assert validate_campaign(drawn.campaign) == []
        storm.raging = False
        try:
            storm.launch()
        except Exception:
            pass
        storm.raging = True
        storm.rage(rng.choice((20, 100, 200)))
        storm.calm()
        found = [*stalls()]
        while storm.put_right():
            storm.calm()
        found += [*not_done(), *breaches(handler)]
        if found:
            dump(drawn)
        from submissions.models import Submission

        n = Submission.objects.count()
        transaction.set_rollback(True)
    return found, n


SEEDS = eval(os.environ.get("SEEDS", "range(20)"))


@pytest.mark.parametrize("seed", SEEDS)
def test_tmp(seed, login, monkeypatch, tmp_path, settings):
    import time

    t = time.time()
    found, n = run_one(seed, login, monkeypatch, tmp_path, settings)
    print(seed, n, round(time.time() - t, 2))
    assert not found, "\n".join(map(str, found))


def dump(drawn):
    from submissions.models import Feed, Pass, Submission
    from workflow.models import Join

    for st in drawn.stages:
        print(
            st.pk,
            st.name,
            st.stage_type,
            st.split_type,
            st.slices_at_once,
            "join" if st.join else "",
            st.completion_type,
            st.completion_pct,
            st.release_at,
            st.when_failed,
        )
    print("feeds", drawn.feeds, "next", drawn.next_slices)
    for s in Submission.objects.order_by("pk"):
        print(
            s.pk,
            s.stage.name,
            "run",
            s.run_id,
            s.cause,
            s.status,
            "fin" if s.finished_at else "",
            "due" if s.due_at else "",
            "orig",
            s.original_id,
            "rep",
            s.replaced_by_id,
            "slice",
            s.slice_of_id,
            s.position,
            s.dataset,
            [h.status for h in s.history.all()],
        )
    for w in Pass.objects.order_by("pk"):
        print(
            "pass",
            w.pk,
            w.stage.name,
            w.kind,
            w.state,
            w.position,
            w.dataset,
            "run",
            w.run_id,
            w.due_at,
            w.touched,
            w.note,
        )
    for f in Feed.objects.order_by("pk"):
        print(
            "feed",
            f.parent_id,
            f.stage.name,
            f.dataset,
            f.child_id,
            f.walked_by_id,
            "run",
            f.run_id,
        )
    for j in Join.objects.all():
        print("join", j.stage.name, j.run_id, j.generation, j.due_at, j.waits_for)

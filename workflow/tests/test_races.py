"""Many at once: every thing happens once, nobody waits for ever, nothing raises (WORKFLOW W8, W9)."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from submissions.models import Pass, Submission
from submissions.reports import Report, record
from workflow import controls, holds, wrapup
from workflow.models import Join
from workflow.requesting import CannotLaunch
from workflow.tasks import run_pass

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 50


class Crowd:
    """Threads that go on living from one round to the next, each with a connection of its own."""

    def __init__(self, size):
        self.pool = ThreadPoolExecutor(size, initializer=lambda: None)
        self.size = size

    def all_at_once(self, *acts):
        """Do these at the same instant; return what each returned. What one raises is raised."""
        barrier = Barrier(len(acts))

        def act(do):
            barrier.wait(30)
            return do()

        return [done.result(60) for done in [self.pool.submit(act, do) for do in acts]]

    def leave(self):
        barrier = Barrier(self.size)

        def close():
            barrier.wait(30)
            connection.close()

        for done in [self.pool.submit(close) for _ in range(self.size)]:
            done.result(60)
        self.pool.shutdown()


@pytest.fixture
def crowd():
    crowd = Crowd(8)
    yield crowd
    crowd.leave()


def test_eight_passes_at_once_do_each_of_300_due_things_once(world, crowd, batch):
    gen = world.stage("gen", stage_type="generator", completion_type="complete")
    plots = world.stage("plots", after=[gen], stage_type="approval")
    parents = [world.launch(gen) for _ in range(150)]
    for parent in parents:
        world.make(parent, f"of_{parent.pk}")
        record([Report(parent.pk, "Completed", jobsub_job_id=f"{parent.pk}@x")])
    for _ in range(150):
        world.launch(gen)

    crowd.all_at_once(*[run_pass] * 8)

    assert Counter(Submission.objects.filter(stage=gen).values_list("status", flat=True)) == {
        "Located": 150,
        "Idle": 150,
    }
    assert set(batch.values()) == {1}
    children = Submission.objects.filter(stage=plots)
    assert Counter(children.values_list("status", flat=True)) == {"Awaiting Approval": 150}
    assert Counter(children.values_list("fed_by__parent", flat=True)) == {p.pk: 1 for p in parents}


@pytest.fixture
def parents_of_a_join(world):
    """Make two chains of one run that are just about to finish, and feed the same join."""
    gens = [
        world.stage(name, stage_type="generator", completion_type="complete")
        for name in ("one", "other")
    ]
    world.stage("merge", after=gens, join=True)
    for gen in gens:
        gen.refresh_from_db()

    def make():
        first = world.launch()
        both = list(Submission.objects.filter(run=first.run).order_by("pk"))
        Submission.objects.filter(run=first.run).update(status="Completed", due_at=None)
        for parent in both:
            parent.refresh_from_db()
        return both

    return make


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_parents_of_a_join_that_finish_at_the_same_instant_both_count(
    world, crowd, parents_of_a_join
):
    for _ in range(ROUNDS):
        both = parents_of_a_join()
        steps = [wrapup.find_next_step(parent) for parent in both]

        settled = crowd.all_at_once(
            *(lambda p=p, s=s: wrapup.settle(p, s) for p, s in zip(both, steps, strict=True))
        )

        assert settled == [True, True]
        join = Join.objects.get(run=both[0].run_id)
        assert (join.touched, join.due_at is not None) == (2, True)


def test_a_join_fires_once_whoever_looks_while_its_parents_finish(world, crowd, parents_of_a_join):
    for _ in range(15):
        both = parents_of_a_join()
        Submission.objects.filter(pk__in=[p.pk for p in both]).update(due_at=both[0].created)

        crowd.all_at_once(*[run_pass] * 4)
        run_pass()

        merged = Submission.objects.get(run=both[0].run_id, cause="join")
        assert merged.status == "Skipped"  # they made nothing
        assert merged.fed_by.count() == 2


def test_launches_of_one_pass_at_once_take_a_slice_each(world, crowd):
    raw = world.dataset("raw", 40)
    stage = world.stage("sim", dataset="raw", split_type="nfiles(1)")

    def launch():
        try:
            return world.launch(stage).pk
        except CannotLaunch:  # the others were quicker, five times
            return None

    launched = [pk for _ in range(5) for pk in crowd.all_at_once(*[launch] * 4) if pk is not None]

    taken = [name for s in Submission.objects.all() for name in world.files(s.dataset)]
    assert len(launched) == len(taken) == len(set(taken)) >= 15
    assert set(taken) <= set(raw)
    positions = sorted(Submission.objects.values_list("position", flat=True))
    assert positions == [-1, *range(1, len(taken))]


def test_a_marked_pass_is_walked_once_whoever_looks(world, crowd):
    world.dataset("raw", 12)
    stage = world.stage("sim", dataset="raw", split_type="nfiles(1)")
    world.next_slice(stage, stage)
    world.launch(stage)
    for _ in range(12):
        crowd.all_at_once(*[run_pass] * 4)
        slice = Submission.objects.get(stage=stage, status="Idle")
        world.finish(slice)
    crowd.all_at_once(*[run_pass] * 4)

    assert Submission.objects.filter(stage=stage, status="Located").count() == 12
    assert Pass.objects.get().state == "exhausted"


def test_reports_of_many_agents_repeated_and_out_of_order_never_deadlock(world, crowd):
    stage = world.stage("gen", stage_type="generator")
    originals = [world.launch(stage) for _ in range(40)]
    rows = list(originals)
    for original in originals[:10]:
        rows.append(recovery_of(world, original))
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    words = ["Idle", "Running", "Held", "Running", "Completed"]

    def agent(seed):
        rng = random.Random(seed)
        said = [
            Report(
                row.pk,
                word,
                f"{row.pk}@x",
                source=f"a{seed % 2}",
                observed_at=noon + number * timedelta(minutes=1),
            )
            for row in rows
            for number, word in enumerate(words)
        ] * 2
        rng.shuffle(said)
        for start in range(0, len(said), 50):
            record(said[start : start + 50])

    crowd.all_at_once(*(lambda seed=seed: agent(seed) for seed in range(6)), run_pass, run_pass)
    record([Report(row.pk, "Completed", source="last") for row in rows])

    for row in Submission.objects.prefetch_related("history"):
        told = [line.status for line in row.history.all()]
        assert row.status in {"Completed", "Located"}
        assert told[-1] == row.status
        assert told.count("Completed") == 1


def recovery_of(world, original):
    from submissions.models.submissions import Cause
    from submissions.registering import register

    return register(original.stage, original.run, Cause.RECOVERY, original=original)


def test_people_workers_and_agents_at_once_never_deadlock(world, crowd):
    """Settling, reports, buttons and holds lock the same rows, and each in the same order."""
    stage = world.stage("gen", stage_type="generator", completion_type="complete")
    for _ in range(15):
        originals = [world.launch(stage) for _ in range(6)]
        recoveries = [recovery_of(world, original) for original in originals]
        everybody = originals + recoveries
        held = holds.hold(stage, "a moment", world.person)
        Submission.objects.filter(pk__in=[r.pk for r in everybody[::2]]).update(
            status="Running", due_at=None
        )

        def press():
            for row in reversed(everybody):
                row.refresh_from_db()
                try:
                    controls.kick_to_completed(row, world.person)
                except controls.Refused:
                    pass

        crowd.all_at_once(
            lambda: record([Report(row.pk, "Completed", f"{row.pk}@x") for row in everybody]),
            lambda: record(
                [Report(row.pk, "Running", f"{row.pk}@x") for row in reversed(everybody)]
            ),
            lambda: holds.release(held, world.person),
            press,
            run_pass,
            run_pass,
        )

    run_pass()
    assert not Submission.objects.filter(status="Completed", original=None).exists()

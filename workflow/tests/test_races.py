"""Many at once: each thing happens once, nobody waits for ever, nothing raises (W8, W9)."""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Count

from submissions.models import Pass, Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.reports.reading import Report
from submissions.reports.recording import record
from workflow import controls, holds, joins, wrapup
from workflow.dependencies import Feeding
from workflow.models import Join
from workflow.requesting import CannotLaunch
from workflow.tasks import run_pass

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 1000 if os.environ.get("POMS_REQUIRE_ALL") == "1" else 100
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Crowd:
    """Threads that go on living from one round to the next, each with a connection of its own."""

    def __init__(self, size):
        self.pool = ThreadPoolExecutor(size)
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
def gens(world):
    """Two generators, one join, and the chains of ``ROUNDS`` runs, all about to finish."""
    gens = [world.stage(name, stage_type="generator") for name in ("one", "other")]
    world.stage("merge", after=gens, join=True)
    pattern = world.launch(gens[0])
    common = {name: getattr(pattern, name) for name in ("experiment", "creator", "snapshot")}
    common |= {"cause": Cause.PERSON, "status": "Located", "due_at": pattern.due_at}
    runs = Run.objects.bulk_create(
        Run(campaign=world.campaign, creator=world.person) for _ in range(ROUNDS)
    )
    Submission.objects.bulk_create(
        Submission(stage=gen, run=run, **common) for run in runs for gen in gens
    )
    pattern.delete()
    return gens


def finish(parent, edge):
    """Settle that a chain has finished, with nothing to feed."""
    return wrapup.settle(parent, wrapup.Step((), end=wrapup.End((Feeding(edge, "", 0),))))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_parents_of_a_join_that_finish_at_the_same_instant_both_count(world, crowd, gens):
    edges = [gen.outgoing.get() for gen in gens]
    one, other = (world.of(gen) for gen in gens)

    for pair in zip(one, other, strict=True):
        finishing = [partial(finish, *which) for which in zip(pair, edges, strict=True)]
        crowd.all_at_once(*finishing, joins.ripen_next)
        while joins.ripen_next():
            pass

    assert Join.objects.filter(generation=1, due_at=None).count() == ROUNDS
    children = Submission.objects.filter(cause="join").annotate(parents=Count("fed_by"))
    assert Counter(children.values_list("parents", flat=True)) == {2: ROUNDS}


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
        world.finish(world.only(stage, status="Idle"))
    crowd.all_at_once(*[run_pass] * 4)

    assert Submission.objects.filter(stage=stage, status="Located").count() == 12
    assert Pass.objects.get().state == "exhausted"


def recovery_of(original):
    return register(original.stage, original.run, Cause.RECOVERY, original=original)


def test_reports_of_many_agents_repeated_and_out_of_order_never_deadlock(world, crowd):
    stage = world.stage("gen", stage_type="generator")
    rows = [world.launch(stage) for _ in range(40)]
    rows += [recovery_of(original) for original in rows[:10]]
    seen = list(enumerate(["Idle", "Running", "Held", "Running", "Completed"]))

    def agent(seed):
        rng = random.Random(seed)
        said = [
            Report(
                row.pk, word, f"{row.pk}@x", source=f"a{seed % 2}", observed_at=NOON + n * MINUTE
            )
            for row in rows
            for n, word in seen * 2
        ]
        rng.shuffle(said)
        for start in range(0, len(said), 50):
            record(said[start : start + 50])

    crowd.all_at_once(*(partial(agent, seed) for seed in range(6)), run_pass, run_pass)
    record([Report(row.pk, "Completed", source="last") for row in rows])

    for row in Submission.objects.prefetch_related("history"):
        told = [line.status for line in row.history.all()]
        assert row.status in {"Completed", "Located"}
        assert told[-1] == row.status
        assert told.count("Completed") == 1


def report_all(rows, status):
    record([Report(row.pk, status, f"{row.pk}@x") for row in rows])


def kick_all(rows, who):
    for row in rows:
        row.refresh_from_db()
        with suppress(controls.Refused):
            controls.kick_to_completed(row, who)


def test_recoveries_settled_while_their_chain_is_reported_never_deadlock(world, crowd):
    """Both lock the original before its recoveries."""
    original = world.launch(world.stage("gen", stage_type="generator"))
    recoveries = [recovery_of(original) for _ in range(60)]
    report_all(recoveries, "Completed")
    for recovery in recoveries:
        recovery.refresh_from_db()

    def settle_all():
        return [wrapup.settle(recovery, wrapup.Step((), locate=True)) for recovery in recoveries]

    def report_often():
        for _ in range(60):
            report_all([original, *recoveries], "Running")

    settled, _, _ = crowd.all_at_once(settle_all, report_often, report_often)

    assert all(settled)


def test_people_workers_and_agents_at_once_never_deadlock(world, crowd):
    """Settling, reports, buttons and holds lock the same rows, each of them in the same order."""
    stage = world.stage("gen", stage_type="generator", completion_type="complete")
    for _ in range(15):
        rows = [world.launch(stage) for _ in range(6)]
        rows += [recovery_of(original) for original in rows]
        held = holds.hold(stage, "a moment", world.person)
        every_other = Submission.objects.filter(pk__in=[row.pk for row in rows[::2]])
        every_other.update(status="Running", due_at=None)

        crowd.all_at_once(
            partial(report_all, rows, "Completed"),
            partial(report_all, rows[::-1], "Running"),
            partial(kick_all, rows[::-1], world.person),
            partial(holds.release, held, world.person),
            run_pass,
            run_pass,
        )

    run_pass()
    assert not Submission.objects.filter(status="Completed", original=None).exists()

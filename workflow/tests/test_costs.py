"""A unit of work costs the same number of queries, however much there was or is in its run."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from workflow.tasks import TASKS, run_pass

FEW, MANY = 3, 5


@pytest.fixture
def play(world):
    """Play a run of so many slices; return what each slice's end, and all before it, cost."""
    gen = world.stage("gen", stage_type="generator")
    steps = {"recoveries": ["consumed_status"], "split_type": "nfiles(1)"}
    work = world.stage("work", after=[gen], **steps)
    world.stage("merge", after=[work], join=True)

    def slices(count):
        submission = world.launch(gen)
        run_pass()
        world.generate(submission, count)
        world.say(submission, "Completed")
        costs = [one_pass()]
        while waiting := world.of(work, status="Idle"):
            world.finish(waiting[0])
            costs.append(one_pass())
        assert len(costs) == count + 1
        return costs

    return slices


def one_pass():
    """Do all that is due; return how many queries each unit of each task took."""
    costs = {name: [] for name in TASKS}
    for name, task in [*TASKS.items()] * 2:
        while (queries := queries_of(task)) is not None:
            costs[name].append(queries)
    return costs


def queries_of(task):
    with CaptureQueriesContext(connection) as queries:
        worked = task()
    return len(queries) if worked else None


def test_the_end_of_a_slice_costs_the_same_late_in_a_run_as_early(play):
    costs = play(MANY)

    assert costs[-2] == costs[2]
    assert all(costs[2][task] for task in ("completed", "passes", "joins", "launches"))


def test_the_join_of_many_parents_costs_what_that_of_few_does(play):
    few, many = play(FEW)[-1], play(MANY)[-1]

    assert many == few
    assert all(few[task] for task in ("completed", "passes", "joins", "launches"))


def test_the_first_slice_of_another_run_costs_what_that_of_the_first_does(play):
    first, second = play(FEW), play(FEW)

    assert second == first

"""Joins: once for all that their parents made in a run, and never too early (WORKFLOW W8)."""

import pytest

from submissions.models import Feed, Pass, Run, Submission
from workflow import controls, joins, passes, wrapup
from workflow.models import Join
from workflow.runs import State, state_of
from workflow.tasks import run_pass


@pytest.fixture
def gens(world):
    return [world.stage(name, stage_type="generator") for name in ("one", "other")]


@pytest.fixture
def merge(world, gens):
    return world.stage("merge", after=gens, join=True)


@pytest.fixture
def run(world, merge):
    """Both generators launched together, in one run."""
    world.launch()
    run_pass()
    return Run.objects.get()


def over(world, stage, files=2):
    """Have the jobs of a generator make files and end, and see what follows."""
    submission = world.only(stage, status="Idle")
    world.generate(submission, files)
    world.say(submission, "Completed")
    run_pass()
    return submission


def test_a_join_runs_once_on_the_union_of_what_all_its_parents_feed(world, gens, merge, run):
    over(world, gens[0])
    assert not world.of(merge)
    over(world, gens[1])

    joined = world.only(merge)
    assert joined.dataset == f"poms_join_{joined.pk}"
    assert len(world.files(joined.dataset)) == 4
    assert joined.join_generation == 0
    assert Feed.objects.filter(child=joined).count() == 2


def test_the_join_says_what_it_waits_for(world, gens, merge, run):
    over(world, gens[0])

    open_one = Submission.objects.get(stage=gens[1])
    assert Join.objects.get().waits_for == f"other: submission {open_one.pk} isn't finished"


def test_what_is_broken_upstream_blocks_it_and_is_named(world, gens, merge, run):
    over(world, gens[0])
    broken = world.only(gens[1])
    world.say(broken, "Failed")
    joins.touch(world.campaign.pk, {(gens[1].pk, run.pk)})
    run_pass()

    assert f"other: submission {broken.pk} is Failed (broken)" in Join.objects.get().waits_for
    state = state_of(run)
    assert state.state == State.BROKEN
    assert f"other: submission {broken.pk} is Failed" in state.reasons


def test_a_parent_ended_by_a_person_is_not_waited_for(world, gens, merge, run):
    over(world, gens[0])

    controls.cancel(world.only(gens[1]), world.person)
    run_pass()

    assert len(world.files(world.only(merge).dataset)) == 2


def test_all_slices_of_a_walk_are_joined_together(world):
    gen = world.stage("gen", stage_type="generator")
    sim = world.stage("sim", after=[gen], split_type="nfiles(1)")
    merge = world.stage("merge", after=[sim], join=True)
    world.completed(gen, files=3)

    world.play()

    assert len(world.files(world.only(merge).dataset)) == 3


def test_a_join_with_a_split_walks_over_the_union(world, gens, run, merge):
    merge.split_type = "nfiles(3)"
    merge.save()
    over(world, gens[0])
    over(world, gens[1])
    world.play()

    assert [len(world.files(s.dataset)) for s in world.of(merge)] == [3, 1]
    assert Pass.objects.get(kind="join").state == "exhausted"


def test_a_join_whose_parents_were_all_skipped_is_skipped(world, gens):
    empty = world.stage("empty", after=[gens[0]], pattern="%.nosuch")
    merge = world.stage("merge", after=[empty], join=True)
    behind = world.stage("behind", after=[merge])
    controls.let_go(world.completed(gens[0]), world.person)

    run_pass()

    assert world.only(merge).status == world.only(behind).status == "Skipped"
    assert state_of(Run.objects.get()).state == State.DONE


def test_a_join_that_is_fed_nothing_is_skipped(world, gens):
    merge = world.stage("merge", after=[gens[0]], join=True, pattern="%.nosuch")
    controls.let_go(world.completed(gens[0]), world.person)

    run_pass()

    skipped = world.only(merge)
    assert (skipped.status, skipped.join_generation) == ("Skipped", 0)
    assert Feed.objects.get(stage=merge).child == skipped


def test_a_join_below_a_join_waits_for_it(world, gens, merge, run):
    last = world.stage("last", after=[merge, gens[0]], join=True)
    over(world, gens[0])
    over(world, gens[1])
    assert not world.of(last)

    world.finish(world.only(merge))
    run_pass()

    assert len(world.files(world.only(last).dataset)) == 4 + 2


def test_stages_between_two_joins_are_waited_for(world, gens, merge, run):
    middle = world.stage("middle", after=[merge], split_type="nfiles(2)")
    last = world.stage("last", after=[middle, gens[0]], join=True)
    over(world, gens[0])
    over(world, gens[1])

    world.play()

    assert len(world.files(world.only(last).dataset)) == 4 + 2


def test_a_join_does_not_wait_for_what_it_sets_off_itself(world):
    """A next-slice edge from below a join back up: each round is a generation."""
    world.dataset("raw", 2)
    sim = world.stage("sim", dataset="raw", split_type="nfiles(1)")
    merge = world.stage("merge", after=[sim], join=True)
    plots = world.stage("plots", after=[merge])
    world.next_slice(plots, sim)
    world.launch(sim)

    world.play()

    assert [s.join_generation for s in world.of(merge)] == [0, 1]
    assert [len(world.files(s.dataset)) for s in world.of(plots)] == [1, 1]


def test_a_persons_recovery_of_a_finished_chain_is_a_new_generation(world):
    names = world.dataset("raw", 4)
    reco = world.stage("reco", dataset="raw", completion_pct=50)
    merge = world.stage("merge", after=[reco], join=True)
    submission = world.completed(reco, fail=names[:1])
    run_pass()
    assert len(world.files(world.only(merge).dataset)) == 3

    recovery = controls.recover(submission, "state_failed", world.person)
    run_pass()
    world.finish(recovery)
    run_pass()

    first, second = world.of(merge)
    assert (first.join_generation, second.join_generation) == (0, 1)
    assert len(world.files(second.dataset)) == 1


def test_each_run_has_its_own(world, gens, merge):
    for _ in range(2):
        world.launch()
        run_pass()
        for gen in gens:
            over(world, gen)

    one, other = world.of(merge)
    assert one.run_id != other.run_id
    assert not set(world.files(one.dataset)) & set(world.files(other.dataset))


def test_a_parent_that_finishes_while_it_is_looked_at_is_not_overlooked(
    world, gens, merge, run, monkeypatch
):
    over(world, gens[0])
    late = world.only(gens[1])
    world.generate(late, 2)
    world.say(late, "Completed")
    Join.objects.update(due_at=late.created)
    obstacles = joins.find_obstacles

    def slowly(join):
        found = obstacles(join)
        wrapup.wrap_up_next()  # the other parent finishes just now
        return found

    with monkeypatch.context() as patch:
        patch.setattr(joins, "find_obstacles", slowly)
        joins.ripen_next()

    assert Join.objects.get().due_at is not None


def test_resetting_a_pass_that_is_waited_for_tells_the_join(world):
    world.dataset("raw", 3)
    sim = world.stage("sim", dataset="raw", split_type="nfiles(1)")
    world.next_slice(sim, sim)
    merge = world.stage("merge", after=[sim], join=True)
    submission = world.launch(sim)
    run_pass()
    world.finish(submission)
    wrapup.wrap_up_next()
    joins.ripen_next()
    assert "is being walked" in Join.objects.get().waits_for

    passes.reset(sim, test=False)
    run_pass()

    assert world.only(merge)


def test_a_catalogue_that_refuses_keeps_the_join_waiting_and_says_why(world, gens, merge, run):
    over(world, gens[0])
    Feed.objects.update(dataset="gone")
    over(world, gens[1])

    assert "gone" in Join.objects.get().waits_for
    assert not Submission.objects.filter(stage=merge).exists()

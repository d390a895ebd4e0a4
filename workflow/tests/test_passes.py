"""Walking a split's slices: what triggers the next one, how many at once, until when (W7)."""

import pytest

from datahandling.query import Dataset
from datahandling.testing import declare_files
from submissions.models import Pass, Run
from workflow import controls, joins, passes, wrapup
from workflow.passes import NoMoreSlices
from workflow.runs import State, state_of
from workflow.tasks import run_pass


@pytest.fixture
def raw(world):
    return world.dataset("raw", 6)


@pytest.fixture
def sim(world, raw):
    """A stage of three slices that nobody feeds."""
    return world.stage("sim", dataset="raw", split_type="nfiles(2)")


@pytest.fixture
def fed(world):
    """A stage of three slices, fed by a generator that is over."""
    gen = world.stage("gen", stage_type="generator")
    stage = world.stage("fed", after=[gen], split_type="nfiles(2)")
    world.completed(gen, files=6)
    run_pass()
    return stage


def finish(world, stage):
    """Finish the one slice of the stage that is in the batch, and see what follows."""
    world.finish(world.only(stage, status="Idle"))
    run_pass()


def slices(world, stage):
    return [world.files(s.dataset) for s in world.of(stage, original=None)]


def test_each_launch_by_a_person_takes_the_next_slice(world, sim, raw):
    for _ in range(3):
        world.launch(sim)

    assert slices(world, sim) == [raw[:2], raw[2:4], raw[4:]]
    with pytest.raises(NoMoreSlices, match="No more splits in this campaign"):
        world.launch(sim)


def test_a_standing_pass_does_not_walk_by_itself(world, sim):
    world.launch(sim)
    run_pass()

    finish(world, sim)

    assert len(world.of(sim)) == 1


def test_a_self_edge_makes_it_walk_to_its_end(world, sim, raw):
    world.next_slice(sim, sim)
    world.launch(sim)

    world.play()

    assert slices(world, sim) == [raw[:2], raw[2:4], raw[4:]]
    assert Pass.objects.get().state == "exhausted"
    assert state_of(Run.objects.get()).state == State.DONE


def test_a_fed_pass_walks_by_itself_one_slice_after_the_other(world, fed):
    for number in (1, 2, 3):
        assert len(world.of(fed)) == number
        finish(world, fed)

    assert len(world.of(fed)) == 3
    assert Pass.objects.get().state == "exhausted"


def test_several_slices_may_be_open_at_once(world, raw):
    stage = world.stage("s", dataset="raw", split_type="nfiles(1)", slices_at_once=3)
    world.next_slice(stage, stage)
    world.launch(stage)
    run_pass()
    finish(world, stage)
    assert len(world.of(stage, status="Idle")) == 3

    world.finish(world.of(stage, status="Idle")[1])
    run_pass()

    assert len(world.of(stage, status="Idle")) == 3


def test_a_broken_slice_blocks_its_pass_until_a_person_acts(world, fed):
    broken = world.only(fed)
    world.say(broken, "Failed")
    run_pass()
    assert len(world.of(fed)) == 1
    assert state_of(Run.objects.get()).state == State.BROKEN

    broken.refresh_from_db()
    replacement = controls.relaunch(broken, world.person)
    run_pass()
    finish(world, fed)

    assert (replacement.slice_of_id, replacement.position) == (broken.slice_of_id, broken.position)
    assert world.files(replacement.dataset) == world.files(broken.dataset)
    assert len(world.of(fed)) == 3


def test_empty_slices_are_passed_over_in_the_same_look(world):
    declare_files("demo", "runs", 1, stem="late", run_number=45)
    stage = world.stage("s", dataset="runs", split_type="byrun(low=1, high=50)")

    submission = world.launch(stage)

    assert world.files(submission.dataset) == ["late_001.root"]


def test_a_fed_pass_without_any_slice_skips_its_stage(world):
    gen = world.stage("gen", stage_type="generator")
    stage = world.stage("s", after=[gen], split_type="byrun(low=1, high=9)")
    behind = world.stage("behind", after=[stage])
    world.completed(gen)

    run_pass()

    assert world.only(stage).status == "Skipped"
    assert world.only(behind).status == "Skipped"
    assert state_of(Run.objects.get()).state == State.DONE


def test_a_growing_dataset_is_looked_at_again_by_the_next_trigger(world, raw):
    stage = world.stage("s", dataset="raw", split_type="drainingn(4)")
    world.launch(stage)
    world.launch(stage)
    with pytest.raises(NoMoreSlices):
        world.launch(stage)

    declare_files("demo", "raw", 1, stem="new")

    assert world.files(world.launch(stage).dataset) == ["new_001.root"]


def test_a_reset_begins_anew_and_leaves_open_slices_alone(world, sim, raw):
    world.next_slice(sim, sim)
    first = world.launch(sim)
    run_pass()

    passes.reset(sim, test=False)
    finish(world, sim)  # its pass has ended, so nothing follows
    again = world.launch(sim)

    assert world.files(again.dataset) == world.files(first.dataset) == raw[:2]
    assert len(world.of(sim)) == 2


def test_a_pass_may_be_set_to_a_position(world, sim, raw):
    passes.reset(sim, test=False, position=2)

    assert world.files(world.launch(sim).dataset) == raw[4:]


def test_an_edited_split_or_dataset_begins_a_new_pass(world, sim, raw):
    world.launch(sim)
    sim.split_type = "nfiles(3)"
    sim.save()

    assert world.files(world.launch(sim).dataset) == raw[:3]
    assert list(Pass.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "open"]


def test_a_test_launch_has_a_pass_of_its_own(world, sim, raw):
    sim.test_split_type = "nfiles(1)"
    sim.save()
    world.launch(sim)

    tried = world.launch(sim, test=True)

    assert world.files(tried.dataset) == raw[:1]
    assert world.files(world.launch(sim).dataset) == raw[2:4]


def test_a_person_who_ends_a_slice_stops_its_pass_and_may_resume_it(world, fed):
    controls.cancel(world.only(fed), world.person)
    run_pass()
    assert Pass.objects.get().state == "stopped"
    assert len(world.of(fed)) == 1

    passes.resume(Pass.objects.get(), Run.objects.get())
    run_pass()

    assert len(world.of(fed)) == 2


def test_a_launch_lets_a_stopped_pass_walk_on(world, sim, raw):
    world.next_slice(sim, sim)
    first = world.launch(sim)
    controls.cancel(first, world.person)
    run_pass()
    assert Pass.objects.get().state == "stopped"

    second = world.launch(sim)
    run_pass()
    finish(world, sim)

    assert world.files(second.dataset) == raw[2:4]
    assert len(world.of(sim)) == 3


# next-slice edges


def test_a_longer_cycle_takes_the_next_slice_when_its_last_stage_is_done(world, sim):
    plots = world.stage("plots", after=[sim])
    world.next_slice(plots, sim)
    world.launch(sim)
    run_pass()

    finish(world, sim)
    assert len(world.of(sim)) == 1
    finish(world, plots)

    assert len(world.of(sim)) == 2


def test_a_next_slice_edge_into_a_fed_stage_says_when_instead_of_the_slice_before(world, fed):
    plots = world.stage("plots", after=[fed])
    world.next_slice(plots, fed)
    finish(world, fed)
    assert len(world.of(fed)) == 1

    finish(world, plots)

    assert len(world.of(fed)) == 2


def test_the_nearest_ancestors_pass_is_continued_not_a_cousins(world):
    gen = world.stage("gen", stage_type="generator")
    sim = world.stage("sim", after=[gen], split_type="nfiles(1)")
    plots = world.stage("plots", after=[sim])
    world.next_slice(plots, sim)
    world.completed(gen, files=2)
    world.completed(gen, files=2)
    run_pass()
    one, other = world.of(sim)
    world.finish(one)
    run_pass()

    finish(world, plots)

    assert [s.slice_of_id for s in world.of(sim)] == [
        one.slice_of_id,
        other.slice_of_id,
        one.slice_of_id,
    ]


def test_a_stage_that_is_no_ancestor_continues_the_standing_pass(world, sim, raw):
    gen = world.stage("gen", stage_type="generator")
    world.next_slice(gen, sim)
    submission = world.completed(gen)

    run_pass()

    next_one = world.only(sim)
    assert next_one.run_id == submission.run_id
    assert world.files(next_one.dataset) == raw[:2]


def test_skipped_stages_fire_their_next_slice_edges(world, raw):
    sim = world.stage("sim", dataset="raw", split_type="nfiles(3)", completion_type="complete")
    plots = world.stage("plots", after=[sim], pattern="%.nosuch")
    world.next_slice(plots, sim)
    world.launch(sim)

    world.play()

    assert len(world.of(sim)) == 2
    assert [s.status for s in world.of(plots)] == ["Skipped", "Skipped"]


def test_ending_what_would_have_set_off_the_next_slice_stops_the_pass(world, fed):
    """Found at random: it rested for ever, open, with files that nobody took."""
    middle = world.stage("middle", after=[fed])
    last = world.stage("last", after=[middle])
    world.next_slice(last, fed)
    finish(world, fed)

    controls.cancel(world.only(middle), world.person)
    run_pass()

    assert Pass.objects.get().state == "stopped"


def test_a_second_run_takes_other_slices_than_the_first(world, sim, raw):
    world.next_slice(sim, sim)
    world.launch(sim)
    run_pass()
    world.launch(sim)

    world.play()

    taken = [name for files in slices(world, sim) for name in files]
    assert sorted(taken) == raw
    assert all(state_of(run).state == State.DONE for run in Run.objects.all())


def test_a_join_does_not_wait_for_a_look_that_another_run_took_over(world, sim):
    """Found at random: the look found no room, and the join was never told."""
    world.next_slice(sim, sim)
    merge = world.stage("merge", after=[sim], join=True)
    first = world.launch(sim)
    second = world.launch(sim)
    run_pass()
    world.finish(first)
    wrapup.wrap_up_next()  # marks the pass and the join
    joins.ripen_next()  # waits for the pass
    run_pass()  # but the pass has no room: the second run's slice is open

    assert world.only(merge).run_id == first.run_id
    assert second.run_id != first.run_id


def test_preparing_twice_gives_the_same_names(world, sim):
    walk = passes.standing(sim, test=False)

    first, second = passes.find(walk), passes.find(walk)

    assert first == second
    assert world.catalogue.count(Dataset(first.slice.dataset)) == 2

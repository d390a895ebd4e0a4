"""What a finished chain feeds to whom (WORKFLOW W2, W6)."""

import pytest

from campaigns.models import CampaignDependency
from campaigns.roles import OwnerRole
from datahandling.handlers.catalogue import Declaration
from datahandling.query import Dataset
from submissions.models import Feed, Submission
from workflow import controls
from workflow.tasks import run_pass


@pytest.fixture
def gen(world):
    return world.stage("gen", stage_type="generator", completion_pct=50)


def test_the_dataset_of_an_edge_is_named_by_parent_and_the_edges_number(world, gen):
    root = world.stage("root", after=[gen], pattern="%.root")
    hist = world.stage("hist", after=[gen], pattern="%.hist")
    parent = world.launch(gen)
    run_pass()
    world.make(parent, "a.root")
    world.make(parent, "a.hist")
    world.say(parent, "Running", submitted=1)
    world.say(parent, "Completed")

    run_pass()

    assert world.only(root).dataset == f"poms_depends_{parent.pk}_1"
    assert world.only(hist).dataset == f"poms_depends_{parent.pk}_2"
    assert world.files(f"poms_depends_{parent.pk}_1") == ["a.root"]
    assert world.files(f"poms_depends_{parent.pk}_2") == ["a.hist"]


def test_numbers_of_edges_stay_when_another_edge_goes(world, gen):
    first = world.stage("first")
    edge = world.feed(gen, first)
    second = world.stage("second", after=[gen])
    edge.delete()
    parent = world.completed(gen)

    run_pass()

    assert world.only(second).dataset == f"poms_depends_{parent.pk}_2"


def test_datasets_of_analysts_carry_their_name(world, gen):
    gen.creator_role, gen.vo_role = OwnerRole.ANALYSIS, "Analysis"
    gen.save()
    plots = world.stage("plots", after=[gen])
    parent = world.completed(gen)

    run_pass()

    assert world.only(plots).dataset == f"poms_prod_depends_{parent.pk}_1"


def test_the_list_of_files_is_frozen_when_it_is_fed(world, gen):
    plots = world.stage("plots", after=[gen])
    parent = world.completed(gen, files=2)
    run_pass()

    world.make(parent, "late")

    assert "late" not in world.files(world.only(plots).dataset)
    assert len(world.files(world.only(plots).dataset)) == 2


def test_only_located_output_is_fed(world, gen):
    plots = world.stage("plots", after=[gen])
    parent = world.launch(gen)
    run_pass()
    world.make(parent, "here")
    world.make(parent, "nowhere", located=False)
    world.say(parent, "Running", submitted=2)
    world.say(parent, "Completed")

    run_pass()

    assert world.files(world.only(plots).dataset) == ["here"]


def test_a_definition_that_the_jobs_made_themselves_is_taken_as_it_is(world, gen):
    plots = world.stage("plots", after=[gen])
    parent = world.launch(gen)
    run_pass()
    world.generate(parent, 3)
    name = f"poms_depends_{parent.pk}_1"
    world.dataset("chosen", 1)
    world.catalogue.define(name, Dataset("chosen"))
    world.say(parent, "Completed")

    run_pass()

    assert world.only(plots).dataset == name
    assert world.files(name) == ["chosen_001.root"]


def test_a_list_for_a_decision_that_was_not_taken_is_made_anew(world, gen):
    world.stage("one", after=[gen])
    parent = world.completed(gen, files=1)
    world.dataset("first_look", 1)
    world.catalogue.freeze(f"poms_depends_{parent.pk}_1", Dataset("first_look"))

    run_pass()

    assert world.files(f"poms_depends_{parent.pk}_1") == [f"gen_{parent.pk}_0"]


@pytest.mark.parametrize("kind", ["approval", "datatransfer"])
def test_stages_that_make_nothing_pass_their_input_on(world, gen, kind):
    middle = world.stage("middle", after=[gen], stage_type=kind)
    plots = world.stage("plots", after=[middle])
    world.completed(gen)
    run_pass()
    passed_on = world.only(middle)
    if kind == "approval":
        assert passed_on.status == "Awaiting Approval"
        assert not passed_on.attempts.exists()
        controls.approve(passed_on, world.person)
    else:
        world.say(passed_on, "Completed")

    run_pass()

    assert world.only(plots).dataset == passed_on.dataset


def test_what_was_not_approved_feeds_nothing(world, gen):
    middle = world.stage("middle", after=[gen], stage_type="approval")
    plots = world.stage("plots", after=[middle])
    world.completed(gen)
    run_pass()

    controls.refuse_approval(world.only(middle), world.person)
    run_pass()

    assert world.status(world.only(middle)) == "Removed"
    assert not world.of(plots)


def test_a_stage_with_nothing_to_feed_on_is_skipped_and_so_are_those_behind_it(world, gen):
    empty = world.stage("empty", after=[gen], pattern="%.nosuch", split_type="nfiles(1)")
    behind = world.stage("behind", after=[empty])
    last = world.stage("last", after=[behind])
    parent = world.completed(gen)
    controls.let_go(parent, world.person)

    run_pass()

    for stage in (empty, behind, last):
        skipped = world.only(stage)
        assert skipped.status == "Skipped"
        assert skipped.finished_at is not None
        assert not skipped.attempts.exists()


@pytest.mark.parametrize("end", [controls.cancel, controls.kill])
def test_a_chain_ended_by_a_person_feeds_nothing(world, gen, end):
    plots = world.stage("plots", after=[gen])
    parent = world.launch(gen)
    run_pass()
    parent.refresh_from_db()

    end(parent, world.person)
    run_pass()

    parent.refresh_from_db()
    assert parent.finished_at is not None
    assert not world.of(plots)


def test_edges_count_as_they_are_when_the_chain_finishes(world, gen):
    old = world.stage("old", after=[gen])
    parent = world.completed(gen)
    CampaignDependency.objects.all().delete()
    new = world.stage("new", after=[gen])

    run_pass()

    assert not world.of(old)
    assert world.only(new).fed_by.get().parent == parent


def test_each_parent_feeds_a_stage_that_is_no_join_by_itself(world):
    one, other = (world.stage(name, stage_type="generator") for name in ("one", "other"))
    both = world.stage("both", after=[one, other])
    world.completed(one)
    world.completed(other)

    run_pass()

    assert len(world.of(both)) == 2


def test_output_that_says_who_made_it_counts_even_without_lineage(world, gen):
    """And what others made of the same inputs does not."""
    reco = world.stage("reco", after=[gen], completion_pct=1)
    plots = world.stage("plots", after=[reco])
    world.completed(gen, files=2)
    run_pass()
    mine = world.only(reco)
    stranger = world.launch(reco, dataset=mine.dataset)
    run_pass()
    world.make(stranger, "theirs", parents=[world.files(mine.dataset)[0]])
    world.finish(mine)

    run_pass()

    assert "theirs" not in world.files(world.only(plots).dataset)


def test_unsigned_output_is_found_by_lineage(world):
    world.dataset("raw", 1)
    reco = world.stage("reco", dataset="raw")
    plots = world.stage("plots", after=[reco])
    submission = world.launch(reco)
    run_pass()
    file = world.catalogue.next_file(f"poms_{submission.pk}", "w")
    world.catalogue.declare(
        [Declaration("child", size=1, locations=["file:///x"], parents=[file.name])]
    )
    world.catalogue.file_done(f"poms_{submission.pk}", file.name, "w")
    world.say(submission, "Completed")

    run_pass()

    assert world.files(world.only(plots).dataset) == ["child"]


def test_the_test_flag_goes_down_the_campaign(world, gen):
    plots = world.stage("plots", after=[gen])
    parent = world.launch(gen, test=True)
    run_pass()
    world.generate(parent, 1)
    world.say(parent, "Completed")

    run_pass()

    assert world.only(plots).test


def test_every_feed_is_in_the_run_of_its_parent(world, gen):
    world.stage("plots", after=[gen])
    one, other = world.completed(gen), world.completed(gen)
    run_pass()

    for feed in Feed.objects.all():
        assert feed.run_id == feed.parent.run_id == feed.child.run_id
    assert Submission.objects.filter(run=one.run).count() == 2
    assert Submission.objects.filter(run=other.run).count() == 2

"""A preview shows what a launch would run, and takes nothing (CONTRACT 7.3)."""

import pytest

from datahandling.query import NameLike
from submissions.models import Pass, Run, Submission
from workflow.holds import hold
from workflow.preview import preview


@pytest.fixture
def stage(world):
    world.dataset("raw", 5)
    return world.stage("reco", dataset="raw", split_type="nfiles(2)")


def test_it_shows_the_next_slice_and_leaves_it_there(world, stage):
    for _ in range(3):
        shown = preview(stage, world.person)

    assert "poms submit" in shown.text
    assert not Submission.objects.exists()
    assert not Run.objects.exists()
    assert not Pass.objects.exists()
    assert not world.catalogue.exists(shown.dataset)
    assert world.files(world.launch(stage).dataset) == world.files("raw")[:2]


def test_it_is_of_the_slice_that_comes_next(world, stage):
    world.launch(stage)
    position = Pass.objects.get().position

    shown = preview(stage, world.person)

    assert shown.dataset != world.only(stage).dataset
    assert Pass.objects.get().position == position


def test_at_the_end_it_says_that_there_is_no_more(world, stage):
    for _ in range(3):
        world.launch(stage)

    assert preview(stage, world.person).note == "No more splits in this campaign."


def test_a_test_launch_is_shown_with_its_own_split_and_overrides(world, stage):
    stage.test_split_type = "nfiles(1)"
    stage.test_param_overrides = [["--events=", "1"]]
    stage.save()

    shown = preview(stage, world.person, test=True)

    assert "--events=1" in shown.text
    assert "--events=1" not in preview(stage, world.person).text


def test_it_says_that_there_is_no_such_dataset(world, stage):
    shown = preview(stage, world.person, dataset="nosuch")

    assert "nosuch" in shown.note
    assert "A launch would fail" in shown.note
    assert "poms submit" in shown.text


def test_it_says_that_a_dataset_has_no_files(world, stage):
    world.catalogue.define("later", NameLike("later%"))

    assert "has no files now" in preview(stage, world.person, dataset="later").note
    assert preview(stage, world.person, dataset="raw").note == ""


def test_the_dataset_of_a_stage_without_a_split_is_looked_at_too(world):
    assert "nosuch" in preview(world.stage("reco", dataset="nosuch"), world.person).note


def test_it_goes_on_where_nobody_can_say_what_there_is(world, stage, service):
    service.reachable = False

    shown = preview(stage, world.person, dataset="raw")

    assert "isn't known now" in shown.note
    assert "poms submit" in shown.text


def test_it_mentions_the_hold_that_a_launch_would_be_under(world, stage):
    hold(world.campaign, "disks are full", world.person)

    assert "held (campaign mc: disks are full)" in preview(stage, world.person).note

"""Whether a finished chain may set off what follows, and whom it leaves behind (WORKFLOW W6)."""

from datetime import timedelta

import pytest

from datahandling.handlers.catalogue import Catalogue
from datahandling.query import Named
from workflow import dependencies, release
from workflow.models import LeftBehind
from workflow.tasks import run_pass


@pytest.fixture
def raw(world):
    return world.dataset("raw", 10)


def left_behind():
    return set(LeftBehind.objects.values_list("file", "kind"))


def test_a_chain_goes_on_when_enough_of_all_its_inputs_have_children(world, raw):
    reco = world.stage("reco", dataset="raw", completion_pct=70)
    plots = world.stage("plots", after=[reco])
    world.completed(reco, fail=raw[:3])

    run_pass()

    assert len(world.files(world.only(plots).dataset)) == 7
    assert left_behind() == {(name, "given up") for name in raw[:3]}


def test_below_its_percentage_a_located_chain_waits_visibly(world, raw):
    reco = world.stage("reco", dataset="raw", completion_pct=80)
    plots = world.stage("plots", after=[reco])
    submission = world.completed(reco, fail=raw[:3])

    run_pass()

    assert world.status(submission) == "Located"
    assert not world.of(plots)
    assert world.conclusion(submission) == (
        "7 of the chain's 10 inputs have located children, 8 are needed"
    )


def test_it_waits_no_longer_than_the_stage_says_from_when_its_last_member_was_over(
    world, raw, clock
):
    reco = world.stage(
        "reco",
        dataset="raw",
        completion_pct=80,
        recoveries=["consumed_status"],
        give_up_after=timedelta(hours=2),
    )
    plots = world.stage("plots", after=[reco])
    world.completed(reco, fail=raw[:3])
    run_pass()
    clock.shift(timedelta(hours=1))
    world.finish(world.only(reco, cause="recovery"), fail=raw)
    run_pass()
    clock.shift(timedelta(minutes=110))
    run_pass()
    assert not world.of(plots)

    clock.shift(timedelta(minutes=20))
    run_pass()

    assert world.only(plots)
    assert len(left_behind()) == 3


def test_a_stage_may_ask_nothing_more_once_it_is_located(world, raw):
    reco = world.stage("reco", dataset="raw", completion_pct=80, release_at="located")
    plots = world.stage("plots", after=[reco])
    world.completed(reco, fail=raw[:9])

    run_pass()

    assert len(world.files(world.only(plots).dataset)) == 1


def test_consumed_inputs_without_located_children_are_named_as_late(world, raw, clock):
    reco = world.stage("reco", dataset="raw", completion_pct=50)
    world.stage("plots", after=[reco])
    submission = world.launch(reco)
    run_pass()
    for number in range(10):
        file = world.catalogue.next_file(f"poms_{submission.pk}", "w")
        if number == 0:
            continue
        world.make(submission, f"c{number}", parents=[file.name], located=number > 2)
        world.catalogue.file_done(f"poms_{submission.pk}", file.name, "w")
    world.say(submission, "Completed")

    run_pass()

    assert left_behind() == {(raw[0], "given up"), (raw[1], "late"), (raw[2], "late")}


def test_a_child_that_arrives_while_its_chain_finishes_is_fed_or_its_parent_named(
    world, raw, monkeypatch
):
    reco = world.stage("reco", dataset="raw", completion_pct=50)
    plots = world.stage("plots", after=[reco])
    submission = world.completed(reco, fail=raw[:1])
    find_feeds, find_left_behind = dependencies.find_feeds, release.find_left_behind

    def and_then_it_arrives(find):
        def found(*about):
            answer = find(*about)
            if not world.catalogue.count(Named(("late",))):
                world.make(submission, "late", parents=raw[:1])
            return answer

        return found

    monkeypatch.setattr(dependencies, "find_feeds", and_then_it_arrives(find_feeds))
    monkeypatch.setattr(release, "find_left_behind", and_then_it_arrives(find_left_behind))
    run_pass()

    assert "late" in world.files(world.only(plots).dataset) or left_behind()


def test_nobody_is_asked_for_names_where_all_inputs_have_children(world, raw, monkeypatch):
    reco = world.stage("reco", dataset="raw")
    submission = world.completed(reco)
    asked = []
    monkeypatch.setattr(Catalogue, "files", lambda handler, query: asked.append(query) or [])

    run_pass()

    submission.refresh_from_db()
    assert submission.finished_at
    assert not asked
    assert not left_behind()


def test_a_stage_that_asks_only_for_its_jobs_names_nobody(world, raw):
    reco = world.stage("reco", dataset="raw", completion_type="complete")
    plots = world.stage("plots", after=[reco])
    world.completed(reco, fail=raw[:5])

    run_pass()

    assert world.only(plots)
    assert not left_behind()


def test_a_chain_is_finished_once_and_feeds_once(world, raw):
    reco = world.stage("reco", dataset="raw", completion_pct=50)
    plots = world.stage("plots", after=[reco])
    submission = world.completed(reco)
    run_pass()
    submission.refresh_from_db()
    finished_at = submission.finished_at

    submission.due_at = finished_at
    submission.save(update_fields=["due_at"])
    run_pass()

    submission.refresh_from_db()
    assert submission.finished_at == finished_at
    assert world.only(plots)

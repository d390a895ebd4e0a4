"""No clear answer is no answer: nothing is completed, launched or given up on it (W4, W5)."""

from datetime import timedelta

import pytest

from campaigns.models import Membership
from datahandling.base import Unknown
from submissions.models import Pass, Submission
from workflow import joins, launching, passes, wrapup
from workflow.models import Join
from workflow.tasks import run_pass


@pytest.fixture
def reco(world):
    world.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", recoveries=["consumed_status"])
    world.stage("plots", after=[stage])
    return stage


def test_nothing_follows_from_no_answer(world, reco, service):
    submission = world.completed(reco, fail=world.files("raw")[:1])
    service.reachable = False

    run_pass()

    assert world.status(submission) == "Completed"
    assert Submission.objects.count() == 1
    decision = submission.decisions.last()
    assert decision.unknown
    assert "out of reach" in decision.conclusion


def test_the_run_and_the_first_page_say_whose_answer_is_missing(
    world, reco, service, clock, client
):
    submission = world.completed(reco)
    service.reachable = False
    run_pass()
    Membership.objects.create(
        experimenter=world.person, experiment=world.experiment, role="production"
    )
    client.force_login(world.person)
    pages = ("/now/", f"/runs/{submission.run_id}/state/")
    waits = "waits for the catalogue of"

    assert [waits in client.get(page).text for page in pages] == [True, True]

    service.reachable = True
    clock.shift(timedelta(minutes=1))
    run_pass()

    assert [waits in client.get(page).text for page in pages] == [False, False]


def test_a_launch_that_got_no_answer_is_not_blamed_on_the_data_handler(world, client, monkeypatch):
    def _out_of_reach(_submission):
        raise Unknown("the launch host can't be reached")

    monkeypatch.setattr(launching, "launcher_of", _out_of_reach)
    submission = world.launch(world.stage("gen", stage_type="generator"))
    run_pass()
    Membership.objects.create(
        experimenter=world.person, experiment=world.experiment, role="production"
    )
    client.force_login(world.person)
    pages = [client.get(page).text for page in ("/now/", f"/runs/{submission.run_id}/state/")]

    assert ["a launch has had no answer since" in page for page in pages] == [True, True]
    assert ["waits for the catalogue" in page for page in pages] == [False, False]


def test_with_an_answer_it_goes_on(world, reco, service, clock):
    submission = world.completed(reco)
    service.reachable = False
    run_pass()
    service.reachable = True

    clock.shift(timedelta(minutes=1))
    run_pass()

    submission.refresh_from_db()
    assert submission.finished_at is not None
    assert submission.unknown_since is None


def test_no_recovery_is_launched_while_it_is_unknown_which_files_are_missing(
    world, reco, service, clock, monkeypatch
):
    submission = world.completed(reco, fail=world.files("raw")[:1])
    monkeypatch.setattr(service, "freeze", lambda *_, **__: service.count(None))
    service.reachable = False
    run_pass()

    assert not submission.recoveries.exists()
    assert world.status(submission) == "Completed"


def test_patience_stands_still_while_the_answer_is_unknown(world, reco, service, clock):
    submission = world.completed(reco, located=False)
    run_pass()
    service.reachable = False
    clock.shift(timedelta(hours=1))
    run_pass()

    clock.shift(timedelta(days=10))  # out of reach all the time
    run_pass()
    service.reachable = True
    clock.shift(timedelta(hours=1))
    run_pass()
    assert world.status(submission) == "Completed"
    submission.refresh_from_db()
    assert submission.unknown_for == timedelta(days=10, hours=1)

    clock.shift(timedelta(days=2))
    run_pass()
    assert world.status(submission) == "Located"


def test_a_pass_without_an_answer_hands_out_nothing_and_says_why(world, service, clock):
    gen = world.stage("gen", stage_type="generator")
    sim = world.stage("sim", after=[gen], split_type="nfiles(2)")
    world.completed(gen)
    wrapup.wrap_up_next()
    service.reachable = False
    passes.walk_next()

    assert not world.of(sim)
    assert "out of reach" in Pass.objects.get().note

    service.reachable = True
    clock.shift(timedelta(minutes=1))
    run_pass()
    assert world.only(sim)


def test_a_join_without_an_answer_does_not_fire(world, service, clock):
    gen = world.stage("gen", stage_type="generator")
    merge = world.stage("merge", after=[gen], join=True)
    world.completed(gen)
    wrapup.wrap_up_next()
    service.reachable = False
    joins.ripen_next()

    assert not world.of(merge)
    assert "out of reach" in Join.objects.get().waits_for

    service.reachable = True
    clock.shift(timedelta(minutes=1))
    run_pass()
    assert world.only(merge)

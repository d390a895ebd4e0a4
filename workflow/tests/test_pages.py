"""What pages show of what is next, and what people press on them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Experiment, Experimenter, Membership
from datahandling.base import Unknown
from datahandling.handlers.catalogue import Catalogue
from submissions.models import Pass, Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.statuses import Actor, Status
from workflow.decisions import Verdict, keep
from workflow.holds import hold
from workflow.models import Hold, Join, LeftBehind, Schedule


@pytest.fixture
def visitor(world, client):
    Membership.objects.create(
        experimenter=world.person, experiment=world.experiment, role="production"
    )
    client.force_login(world.person)
    return client


@pytest.fixture
def analyst(world):
    person = Experimenter.objects.create_user("ana", password="x")
    Membership.objects.create(experimenter=person, experiment=world.experiment, role="analysis")
    client = Client()
    client.force_login(person)
    return client


def text_of(visitor, address):
    response = visitor.get(address)
    assert response.status_code == 200, response
    return response.content.decode()


def queries(visitor, address):
    with CaptureQueriesContext(connection) as said:
        text_of(visitor, address)
    return len(said)


def submission(world, stage, status="New", run=None, **fields):
    run = run or Run.objects.create(campaign=world.campaign, creator=world.person)
    made = register(stage, run, Cause.PERSON, creator=world.person, **fields)
    Submission.objects.filter(pk=made.pk).update(status=status)
    made.refresh_from_db()
    return made


def press(visitor, address, **said):
    """Post, and return the page that it leads to."""
    response = visitor.post(address, said, follow=True)
    assert response.status_code == 200, response
    return response.content.decode()


# the first page


def test_the_first_page_shows_what_is_open_broken_and_held(visitor, world):
    gen = world.stage("gen", stage_type="generator")
    submission(world, gen, "Running")
    broken = submission(world, gen, "Failed")
    hold(world.campaign, "tape robot is down", world.person)

    page = text_of(visitor, "/")

    assert "1 Running" in page
    assert f'href="/submissions/{broken.pk}/"' in page
    assert "tape robot is down" in page


def test_the_first_page_shows_nothing_of_other_experiments(visitor, world):
    gen = world.stage("gen")
    submission(world, gen, "Failed")
    hold(world.experiment, "ours", world.person)
    stranger = Experimenter.objects.create_user("stranger", password="x")
    Membership.objects.create(
        experimenter=stranger, experiment=Experiment.objects.create(name="dune"), role="superuser"
    )
    visitor.force_login(stranger)

    page = text_of(visitor, "/")

    assert "There is no campaign" in page
    assert "ours" not in page
    assert "Failed" not in page


def test_the_first_page_costs_the_same_queries_however_much_there_is(visitor, world):
    stage = world.stage("gen")
    submission(world, stage, "Failed")
    hold(stage, "why", world.person)
    few = queries(visitor, "/")
    for number in range(8):
        world.campaign.pk = None
        world.campaign.name = f"mc {number}"
        world.campaign.save()
        stage = world.stage(f"gen {number}")
        submission(world, stage, "Failed")
        hold(stage, "why", world.person)

    assert queries(visitor, "/") == few


# a campaign


def test_the_graph_counts_what_goes_on_in_each_stage(visitor, world):
    gen = world.stage("gen")
    world.stage("sim", after=[gen])
    run = Run.objects.create(campaign=world.campaign, creator=world.person)
    for status in ("Running", "Running", "Failed"):
        submission(world, gen, status, run)

    graph = text_of(visitor, f"/campaigns/{world.campaign.pk}/graph/")

    assert "2 Running" in graph
    assert "1 Failed" in graph
    assert "stage-broken" in graph
    assert f"run {run.pk}" in graph


def test_the_graph_shows_the_open_runs_or_else_the_last_one(visitor, world):
    gen = world.stage("gen", stage_type="generator", completion_type="complete")
    address = f"/campaigns/{world.campaign.pk}/graph/"
    assert "never launched" in text_of(visitor, address)
    old = submission(world, gen)
    world.play()
    assert f"run {old.run_id}" in text_of(visitor, address)
    assert "stage-done" in text_of(visitor, address)

    new = submission(world, gen)

    assert f"run {new.run_id}" in text_of(visitor, address)
    assert f"run {old.run_id}" not in text_of(visitor, address)


def test_a_join_that_waits_says_for_what(visitor, world):
    gen = world.stage("gen")
    merge = world.stage("merge", after=[gen], join=True)
    run = submission(world, gen, "Failed").run
    Join.objects.create(stage=merge, run=run, waits_for="gen: broken", due_at=run.created)

    assert "Waits: gen: broken" in text_of(visitor, f"/runs/{run.pk}/state/")


def test_graph_and_runs_cost_the_same_queries_however_many_there_are(visitor, world):
    gen = world.stage("gen")
    submission(world, gen, "Failed")
    addresses = [f"/campaigns/{world.campaign.pk}/{part}/" for part in ("graph", "runs")]
    few = [queries(visitor, address) for address in addresses]
    for number in range(9):
        submission(world, world.stage(f"stage {number}"), "Failed")

    assert [queries(visitor, address) for address in addresses] == few


def test_the_list_of_runs_costs_the_same_queries_however_much_is_open_in_them(visitor, world):
    gen = world.stage("gen")
    hold(gen, "full", world.person)
    run = submission(world, gen, "Failed").run
    submission(world, gen, run=run)
    Submission.objects.update(due_at=None)
    address = f"/campaigns/{world.campaign.pk}/runs/"
    few = queries(visitor, address)
    for _ in range(4):
        submission(world, gen, "Running", run)
        submission(
            world, gen, run=Run.objects.create(campaign=world.campaign, creator=world.person)
        )

    assert queries(visitor, address) == few
    assert "and 3 more" in text_of(visitor, address)


def test_a_broken_run_says_what_broke_it(visitor, world):
    broken = submission(world, world.stage("gen"), "Failed")

    runs = text_of(visitor, f"/campaigns/{world.campaign.pk}/runs/")

    assert "broken" in runs
    assert f"gen: submission {broken.pk} is Failed" in runs


# a run


def test_a_run_names_the_files_that_it_left_behind(visitor, world):
    world.dataset("raw", 3)
    world.stage("reco", dataset="raw", completion_pct=50)
    press(visitor, f"/campaigns/{world.campaign.pk}/launch/")
    world.play(fail=["raw_002.root"])
    run = Run.objects.get()

    state = text_of(visitor, f"/runs/{run.pk}/state/")

    assert "done" in state
    assert "raw_002.root" in state
    assert "given up" in state
    assert "raw_001.root" not in state


# launching


def test_a_campaign_is_launched_from_its_page(visitor, world):
    world.stage("gen", stage_type="generator")

    page = press(visitor, f"/campaigns/{world.campaign.pk}/launch/")

    run = Run.objects.get()
    assert f"Launched as run {run.pk}." in page
    assert not run.test


def test_a_test_launch_is_one(visitor, world):
    world.stage("gen", stage_type="generator")

    press(visitor, f"/campaigns/{world.campaign.pk}/launch/", test="1")

    assert Submission.objects.get().test


def test_a_launch_that_makes_no_sense_says_why(visitor, world):
    stage = world.stage("reco")

    assert "has no dataset of its own" in press(visitor, f"/stages/{stage.pk}/launch/")
    assert not Submission.objects.exists()


def test_a_launch_under_a_hold_is_queued_and_says_so(visitor, world):
    stage = world.stage("gen", stage_type="generator")
    hold(stage, "tape robot is down", world.person)

    page = press(visitor, f"/stages/{stage.pk}/launch/")

    assert "queued" in page
    assert "tape robot is down" in page
    assert Submission.objects.get().status == "New"


def test_without_a_clear_answer_nothing_is_launched(visitor, world, monkeypatch):
    def unknown(self, query):
        raise Unknown("timed out")

    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)")
    monkeypatch.setattr(Catalogue, "count", unknown)
    monkeypatch.setattr(Catalogue, "files", unknown)

    assert "no clear answer" in press(visitor, f"/stages/{stage.pk}/launch/")
    assert not Submission.objects.exists()


def test_a_preview_shows_the_script_and_takes_nothing(visitor, world):
    world.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)")

    page = text_of(visitor, f"/stages/{stage.pk}/preview/")

    assert "raw_slice0_files2" in page
    assert "poms submit" in page
    assert not Submission.objects.exists()
    assert not Pass.objects.exists()
    assert not Catalogue("demo").exists("raw_slice0_files2")


# what is pressed on a submission


def test_buttons_fit_the_status_and_the_rights(visitor, analyst, world):
    failed = submission(world, world.stage("gen"), "Failed")

    buttons = text_of(visitor, f"/submissions/{failed.pk}/controls/")

    assert "Launch again" in buttons
    assert "Cancel" in buttons
    assert "Approve" not in buttons
    assert text_of(analyst, f"/submissions/{failed.pk}/controls/") == ""


def test_only_recoveries_that_make_sense_there_are_offered(visitor, world):
    world.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw")
    world.campaign.data_handler = "data_dispatcher"
    world.campaign.save()
    there = submission(world, stage, "Completed", dataset="raw")
    Submission.objects.filter(pk=there.pk).update(project="poms_1")

    page = text_of(visitor, f"/submissions/{there.pk}/controls/")

    assert 'value="state_failed"' in page
    assert "consumed_status" not in page
    refused = press(visitor, f"/submissions/{there.pk}/recover/", recovery_type="consumed_status")
    assert "no recovery of type" in refused


def test_what_one_may_not_do_is_refused(analyst, world, visitor):
    stage = world.stage("gen", stage_type="generator")
    failed = submission(world, stage, "Failed")
    pressed = [
        f"/submissions/{failed.pk}/do/cancel/",
        f"/submissions/{failed.pk}/recover/",
        f"/stages/{stage.pk}/launch/",
        f"/stages/{stage.pk}/passes/reset/",
        f"/stages/{stage.pk}/schedules/add/",
        f"/campaigns/{world.campaign.pk}/launch/",
    ]

    assert {analyst.post(address).status_code for address in pressed} == {403}
    held = analyst.post("/holds/make/", {"campaign": world.campaign.pk, "reason": "me"})
    assert held.status_code == 403
    failed.refresh_from_db()
    assert failed.status == "Failed"


def test_whatever_changes_something_wants_a_post_with_its_token(world, visitor):
    failed = submission(world, world.stage("gen"), "Failed")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.person)
    address = f"/submissions/{failed.pk}/do/cancel/"

    assert strict.post(address).status_code == 403
    assert visitor.get(address).status_code == 405


def test_a_submission_is_cancelled(visitor, world):
    failed = submission(world, world.stage("gen"), "Failed")

    page = press(visitor, f"/submissions/{failed.pk}/do/cancel/")

    assert "It is cancelled." in page
    failed.refresh_from_db()
    assert failed.status == "Cancelled"


def test_launching_again_leads_to_the_replacement(visitor, world):
    failed = submission(world, world.stage("gen"), "Failed")

    press(visitor, f"/submissions/{failed.pk}/do/relaunch/")

    failed.refresh_from_db()
    page = text_of(visitor, f"/submissions/{failed.replaced_by_id}/")
    assert f'href="/submissions/{failed.pk}/"' in page


def test_a_refusal_is_told(visitor, world):
    located = submission(world, world.stage("gen"), "Located")

    assert "can&#x27;t be ended" in press(visitor, f"/submissions/{located.pk}/do/cancel/")
    assert "no recovery of type" in press(visitor, f"/submissions/{located.pk}/recover/")


def test_an_approval_is_given_by_a_person(visitor, world):
    stage = world.stage("ok", stage_type="approval")
    waiting = submission(world, stage, "Awaiting Approval")

    press(visitor, f"/submissions/{waiting.pk}/do/approve/")

    waiting.refresh_from_db()
    assert waiting.status == "Completed"
    assert waiting.history.get(status="Approved").who == world.person


def test_unknown_controls_are_not_to_be_found(visitor, world):
    failed = submission(world, world.stage("gen"), "Failed")

    assert visitor.post(f"/submissions/{failed.pk}/do/explode/").status_code == 404


def test_why_tells_the_decisions_newest_first_with_their_numbers(visitor, world):
    waiting = submission(world, world.stage("gen"), "Completed")
    keep(waiting, Verdict("completion", False, "too little", {"have": 3, "need": 7}))
    keep(waiting, Verdict("recovery", False, "no clear answer: timed out"), unknown=True)
    LeftBehind.objects.create(submission=waiting, file="lost.root", kind="late")

    page = text_of(visitor, f"/submissions/{waiting.pk}/why/")

    assert page.index("timed out") < page.index("too little")
    assert "have 3" in page
    assert "lost.root" in page


# passes, schedules, holds


def test_a_pass_is_reset_to_a_position(visitor, world):
    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)")

    press(visitor, f"/stages/{stage.pk}/passes/reset/", position="3")

    assert Pass.objects.get().position == 3
    assert ">3<" in text_of(visitor, f"/stages/{stage.pk}/passes/")


@pytest.mark.parametrize("position", ["x", "-1", "9" * 20])
def test_a_position_that_is_none_resets_nothing(visitor, world, position):
    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)")

    page = press(visitor, f"/stages/{stage.pk}/passes/reset/", position=position)

    assert "A position is a whole number" in page
    assert not Pass.objects.exists()


def test_only_a_pass_that_people_take_slices_from_is_begun_anew(visitor, world):
    own = world.stage("raw", dataset="raw", split_type="nfiles(2)")
    fed = world.stage("reco", after=[own], split_type="nfiles(2)")

    assert "Begin anew" in text_of(visitor, f"/stages/{own.pk}/passes/")
    assert "Begin anew" not in text_of(visitor, f"/stages/{fed.pk}/passes/")


def test_only_a_stopped_pass_is_resumed(visitor, world):
    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)")
    run = Run.objects.create(campaign=world.campaign, creator=world.person)
    walk = Pass.objects.create(
        stage=stage, run=run, kind="standing", dataset="raw", split="nfiles(2)", state="stopped"
    )

    assert "goes on" in press(visitor, f"/passes/{walk.pk}/resume/")
    assert "only a stopped one" in press(visitor, f"/passes/{walk.pk}/resume/")


def test_a_schedule_is_set_and_deleted(visitor, world):
    stage = world.stage("gen", stage_type="generator")

    page = press(visitor, f"/stages/{stage.pk}/schedules/add/", cron="0 3 * * *")
    schedule = Schedule.objects.get()
    assert "03:00 UTC" in page
    assert schedule.stage == stage
    assert "0 3 * * *" in text_of(visitor, f"/stages/{stage.pk}/schedules/")

    press(visitor, f"/schedules/{schedule.pk}/delete/", stage=stage.pk)
    assert not Schedule.objects.exists()


def test_a_bad_cron_line_is_refused_with_an_example(visitor, world):
    stage = world.stage("gen", stage_type="generator")

    assert "0 3 * * *" in press(visitor, f"/stages/{stage.pk}/schedules/add/", cron="soon")
    assert not Schedule.objects.exists()


def test_a_hold_is_made_and_lifted_where_it_was_seen(visitor, world):
    stage = world.stage("gen")
    here = f"/stages/{stage.pk}/"

    page = press(visitor, "/holds/make/", stage=stage.pk, reason="robot", next=here)
    assert "Launches are held" in page
    assert "robot" in text_of(visitor, f"{here}holds/")
    assert "robot" in text_of(visitor, f"/campaigns/{world.campaign.pk}/holds/")

    press(visitor, f"/holds/{Hold.objects.get().pk}/lift/")
    assert "robot" not in text_of(visitor, f"{here}holds/")


def test_a_hold_wants_a_reason_and_something_to_hold(visitor, world):
    assert "Say why" in press(visitor, "/holds/make/", campaign=world.campaign.pk, reason=" ")
    assert visitor.post("/holds/make/", {"reason": "x"}).status_code == 404
    assert visitor.post("/holds/make/", {"stage": "x", "reason": "x"}).status_code == 404
    assert not Hold.objects.exists()


def test_only_root_holds_everything(visitor, world):
    said = {"everything": "1", "reason": "power cut"}
    assert visitor.post("/holds/make/", said).status_code == 403

    visitor.force_login(Experimenter.objects.create_superuser("root"))
    assert "everything: power cut" in press(visitor, "/holds/make/", **said)


def test_nobody_is_sent_to_another_site(visitor, world):
    said = {"campaign": world.campaign.pk, "reason": "x", "next": "https://evil.example/"}

    assert visitor.post("/holds/make/", said)["Location"] == "/holds/"


def test_the_page_of_holds_costs_the_same_queries_however_many_there_are(visitor, world):
    hold(world.stage("first"), "why", world.person)
    few = queries(visitor, "/holds/")
    for number in range(10):
        hold(world.stage(f"stage {number}"), "why", world.person)

    assert queries(visitor, "/holds/") == few


def test_controls_follow_the_transition_table(visitor, world):
    idle = submission(world, world.stage("gen"), "Idle")
    idle.move_to(Status.LOCATED, actor=Actor.WORKFLOW)

    assert "Count as completed" in text_of(visitor, f"/submissions/{idle.pk}/controls/")


def test_who_is_turned_away_is_told_why(analyst, world):
    refused = analyst.post(f"/campaigns/{world.campaign.pk}/launch/")
    missing = analyst.get("/campaigns/999999/")

    assert "Your role doesn&#x27;t let you launch mc." in refused.content.decode()
    assert "nothing here that you may see" in missing.content.decode()
    assert (refused.status_code, missing.status_code) == (403, 404)

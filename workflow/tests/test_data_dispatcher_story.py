"""A campaign runs itself on MetaCat and Data Dispatcher; its jobs use the real clients."""

import time
from datetime import timedelta

import pytest

from campaigns.models import Experimenter
from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher
from datahandling.query import Dataset, ProjectFiles
from submissions.models import Run, Submission
from workflow.controls import recover, relaunch
from workflow.models import LeftBehind
from workflow.runs import State, state_of
from workflow.tasks import run_pass
from workflow.tests.data_dispatcher import VIRTUAL, DispatcherJobs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the clients leave files open

ONE_PROJECT = {"virtual": True, "methodology": "1P"}


@pytest.fixture
def jobs(world, tmp_path):
    return DispatcherJobs(world, tmp_path)


def test_a_campaign_runs_itself_from_slices_to_plots(world, jobs):
    """12.1 #10, #26: chains on Data Dispatcher went no further, and slices were all the first."""
    inputs = jobs.dataset("raw", 12)
    sim = world.stage(
        "sim",
        dataset="raw",
        split_type="nfiles(4)",
        completion_pct=70,
        recoveries=["state_not_done"],
    )
    world.next_slice(sim, sim)
    reco = world.stage("reco", after=[sim])
    merge = world.stage("merge", after=[reco], join=True)
    plots = world.stage("plots", after=[merge])
    hard, hopeless = {inputs[3], inputs[7]}, {inputs[11]}

    world.launch()
    for _ in range(40):
        run_pass()
        idle = list(Submission.objects.filter(status="Idle").order_by("pk"))
        if not idle:
            break
        for submission in idle:
            cured = submission.original_id is not None
            jobs.finish(submission, fail=hopeless if cured else hard | hopeless)

    originals = world.of(sim, original=None)
    assert [jobs.files(one.dataset) for one in originals] == [
        inputs[0:4],
        inputs[4:8],
        inputs[8:12],
    ]
    assert len(world.of(sim, cause="recovery")) == 3
    assert len(world.of(reco)) == 3
    assert len(jobs.files(world.only(merge).dataset)) == 11
    assert len(world.of(plots)) == 1
    assert state_of(Run.objects.get()).state == State.DONE, state_of(Run.objects.get()).reasons
    (given_up,) = LeftBehind.objects.all()
    assert (given_up.file, given_up.kind) == (inputs[11], "given up")


def test_a_recovery_has_a_project_of_its_own(world, jobs):
    names = jobs.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=50, recoveries=["state_failed"])
    submission = jobs.completed(stage, fail=[names[1]])
    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert jobs.project_id(recovery) != jobs.project_id(submission)
    assert jobs.states(recovery) == {names[1]: "initial"}
    assert jobs.states(submission)[names[1]] == "failed"
    assert jobs.attributes(recovery)["poms_title"] == (
        f"Recovery | stage: reco | method: standard | mode: state_failed"
        f" | parent_sid: {submission.pk} | pos: 0"
    )


def test_under_1p_a_recovery_restarts_its_files_in_the_same_project(world, jobs):
    """A.7: same project, the submission's percentage is over its own files."""
    names = jobs.dataset("raw", 4)
    stage = world.stage(
        "reco",
        dataset="raw",
        completion_pct=50,
        recoveries=["state_failed"],
        data_dispatcher=ONE_PROJECT,
    )
    after = world.stage("next", after=[stage])
    submission = jobs.completed(stage, fail=[names[1], names[2]])
    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert jobs.project_id(recovery) == jobs.project_id(submission)
    assert jobs.states(recovery) == {
        names[0]: "done",
        names[1]: "initial",
        names[2]: "initial",
        names[3]: "done",
    }
    summary = jobs.handler.project(recovery.project)
    assert (summary.files, summary.initial, summary.details["files_in_project"]) == (2, 2, 4)
    assert jobs.handler.files(ProjectFiles(recovery.project)) == [names[1], names[2]]

    jobs.finish(recovery)
    run_pass()

    assert jobs.handler.project(recovery.project).done == 2
    assert len(jobs.files(world.only(after).dataset)) == 4


def test_outputs_of_another_stage_over_the_same_files_leave_no_file_unrecovered(world, jobs):
    raw = jobs.dataset("raw", 4)
    only_half = {"dataset": "raw", "completion_pct": 50}
    reco = world.stage("reco", patterns="%.reco", recoveries=["state_failed"], **only_half)
    calib = world.stage("calib", patterns="%.calib", **only_half)
    ours, theirs = world.launch(reco), world.launch(calib)
    run_pass()
    jobs.finish(theirs)
    jobs.finish(ours, fail=raw[1:2])

    run_pass()

    (recovery,) = world.of(reco, cause="recovery")
    assert jobs.files(recovery.dataset) == raw[1:2]


def test_under_1p_files_that_were_added_have_a_project_of_their_own(world, jobs):
    """The project of the original takes no more files; they were dropped without a word."""
    jobs.dataset("raw", 3)
    stage = world.stage(
        "reco", dataset="raw", recoveries=["added_files"], data_dispatcher=ONE_PROJECT
    )
    after = world.stage("next", after=[stage])
    submission = world.launch(stage)
    run_pass()
    jobs.finish(submission)
    jobs.declare("raw_late.root", "demo:raw")
    run_pass()

    recovery = world.only(stage, cause="recovery")
    run_pass()
    assert jobs.states(recovery) == {"raw_late.root": "initial"}
    jobs.finish(recovery)
    run_pass()

    assert len(jobs.files(world.only(after).dataset)) == 4


def test_a_relaunch_has_a_new_project_with_the_same_files_all_initial(world, jobs):
    names = jobs.dataset("raw", 3)
    stage = world.stage("reco", dataset="raw")
    submission = world.launch(stage)
    run_pass()
    jobs.process(submission, fail=names[1:])
    world.say(submission, "Failed")
    submission.refresh_from_db()
    jobs.declare("raw_late.root", "demo:raw")

    again = relaunch(submission, world.person)
    run_pass()

    assert jobs.project_id(again) != jobs.project_id(submission)
    assert jobs.states(again) == dict.fromkeys(names, "initial")


def test_a_relaunch_stays_tied_to_the_project_that_the_stage_names(world, jobs):
    names = jobs.dataset("raw", 3)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes={"virtual": True}, idle_timeout=None
    )
    stage = world.stage("reco", data_dispatcher={"project_id": made["project_id"]})
    submission = world.launch(stage)
    run_pass()
    jobs.process(submission, limit=1)
    world.say(submission, "Failed")
    submission.refresh_from_db()

    again = relaunch(submission, world.person)
    run_pass()

    assert jobs.project_id(submission) == jobs.project_id(again) == made["project_id"]
    assert sorted(jobs.states(again).values()) == ["done", "initial", "initial"]


def test_a_relaunch_with_a_load_limit_takes_its_files_again(world, jobs):
    """It had none, for they weren't initial, and never ended."""
    names = jobs.dataset("raw", 4)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes={"virtual": True}, idle_timeout=None
    )
    settings = {"project_id": made["project_id"], "load_limit": 2}
    stage = world.stage("reco", data_dispatcher=settings)
    submission = world.launch(stage)
    run_pass()
    jobs.process(submission, fail=names[:2], limit=2)
    world.say(submission, "Failed")
    submission.refresh_from_db()

    again = relaunch(submission, world.person)
    run_pass()
    again.refresh_from_db()
    assert jobs.handler.files(ProjectFiles(again.project)) == names[:2]
    jobs.finish(again)
    run_pass()

    assert jobs.handler.project(again.project).done == 2
    again.refresh_from_db()
    assert again.status == "Located"


def test_a_launch_for_which_a_project_has_no_free_file_is_skipped_and_says_so(world, jobs):
    """It was launched over no file, and waited for the end of its patience."""
    names = jobs.dataset("raw", 2)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes={"virtual": True}, idle_timeout=None
    )
    settings = {"project_id": made["project_id"], "load_limit": 2}
    stage = world.stage("reco", data_dispatcher=settings)
    after = world.stage("next", after=[stage])
    first = world.launch(stage)
    run_pass()

    none_left = world.launch(stage)
    run_pass()

    assert [world.status(one) for one in (first, none_left)] == ["Idle", "Skipped"]
    (why,) = none_left.decisions.filter(about="launch")
    assert "of its 2 files 0 were given to jobs already, and 2 belong to other" in why.conclusion
    assert not none_left.attempts.exists()
    assert world.only(after).status == "Skipped"
    assert state_of(none_left.run).state == State.DONE


def test_files_of_submissions_that_share_the_project_do_not_count_as_added(world, jobs):
    names = jobs.dataset("raw", 4)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes=VIRTUAL, idle_timeout=None
    )
    settings = {"project_id": made["project_id"], "load_limit": 2}
    stage = world.stage("reco", recoveries=["added_files"], data_dispatcher=settings)
    ours, theirs = (world.launch(stage, dataset="raw") for _ in range(2))
    run_pass()
    jobs.finish(ours, limit=2)

    run_pass()

    assert world.status(ours) == "Located"
    assert world.of(stage, cause="recovery") == []
    assert jobs.handler.files(ProjectFiles(f"poms_{theirs.pk}")) == names[2:]


def test_a_slice_of_a_project_that_the_stage_names_counts_its_own_files_only(world, jobs):
    names = jobs.dataset("raw", 6)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes={"virtual": True}, idle_timeout=None
    )
    settings = {"project_id": made["project_id"]}
    stage = world.stage("reco", dataset="raw", split_type="nfiles(2)", data_dispatcher=settings)
    submission = world.launch(stage)
    run_pass()
    jobs.process(submission)

    submission.refresh_from_db()
    summary = jobs.handler.project(submission.project)
    assert (summary.files, summary.done) == (2, 2)
    assert summary.details["files_in_project"] == 6


def test_a_stage_may_have_a_query_as_its_dataset(world, jobs):
    names = jobs.dataset("raw", 4, **{"core.data_tier": "raw"})
    jobs.declare("log.txt", "demo:raw", metadata={"core.data_tier": "log"})
    query = "files from demo:raw where core.data_tier = raw"
    stage = world.stage("reco", dataset=query, split_type="drainingn(3)")

    first = jobs.completed(stage)
    run_pass()
    second = world.launch(stage)
    run_pass()

    assert jobs.states(first) == dict.fromkeys(names[:3], "done")
    assert jobs.states(second) == dict.fromkeys(names[3:], "initial")
    assert " " not in second.dataset


def test_a_person_may_have_a_finished_chain_recovered(world, jobs):
    names = jobs.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw", completion_pct=50)
    submission = jobs.completed(stage, childless=[names[0]])
    run_pass()
    submission.refresh_from_db()

    recovery = recover(submission, "reprocess_orphans", world.person)
    run_pass()

    assert jobs.states(recovery) == {names[0]: "initial"}


def test_what_data_dispatcher_has_no_replica_of_counts_as_not_located(world, jobs):
    names = jobs.dataset("raw", 3)
    stage = world.stage("reco", dataset="raw", data_dispatcher={"virtual": False})
    submission = world.launch(stage)
    run_pass()
    jobs.running.dispatcher.locate({f"demo:{names[0]}": "file:///there"})
    jobs.running.dispatcher.tick()

    submission.refresh_from_db()
    assert jobs.handler.project(submission.project).details["not_located"] == 2


def test_a_crash_after_data_dispatcher_made_the_project_makes_no_second_one(world, jobs):
    jobs.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw")
    submission = world.launch(stage)
    run_pass()
    number = jobs.project_id(submission)
    DispatcherProject.objects.update(project_id=None, made_at=None)  # as before its last step

    jobs.handler.start_project(submission.project, Dataset("raw"), VIRTUAL)

    assert jobs.project_id(submission) == number
    assert len(jobs.dispatcher.list_projects(owner="all", state=None, not_state=None)) == 1


def test_who_launched_may_take_files_unless_data_dispatcher_does_not_know_them(world, jobs):
    jobs.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw")
    of_known = world.launch(stage)
    run_pass()
    world.person = Experimenter.objects.create_user("stranger", password="x")
    of_unknown = world.launch(stage)
    run_pass()

    projects = [jobs.dispatcher.get_project(jobs.project_id(one)) for one in (of_known, of_unknown)]
    assert [project["users"] for project in projects] == [["prod"], []]
    assert [len(project["file_handles"]) for project in projects] == [2, 2]
    active = jobs.dispatcher.list_projects(owner="all", state="active", not_state=None)
    assert len(active) == 2


def test_pending_outputs_are_waited_for_then_recovered(world, jobs):
    names = jobs.dataset("raw", 3)
    stage = world.stage(
        "reco",
        dataset="raw",
        completion_pct=60,
        recoveries=["pending_files"],
        settle_time=timedelta(0),
    )
    submission = jobs.completed(stage, childless=[names[2]])
    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert jobs.files(recovery.dataset) == [names[2]]
    assert world.status(submission) == "Located"


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_ends_while_a_project_is_made_leaves_one_project(
    world, jobs, settings, monkeypatch
):
    jobs.dataset("raw", 2)
    settings.LEASE = timedelta(seconds=1)
    create = Dispatcher.create

    def slowly(self, wanted):
        time.sleep(2)
        return create(self, wanted)

    monkeypatch.setattr(Dispatcher, "create", slowly)
    submission = world.launch(world.stage("reco", dataset="raw"))
    run_pass()

    (made,) = jobs.dispatcher.list_projects(owner="all", state=None, not_state=None)
    assert (made["project_id"], made["state"]) == (jobs.project_id(submission), "active")

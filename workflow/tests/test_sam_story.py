"""A campaign runs itself on SAM, where jobs start the projects and outputs are found by lineage."""

from datetime import timedelta

import pytest

from poms_client.testing.faults import Fault
from poms_client.testing.sam import SamServer, projects
from submissions.models import Run, Submission
from submissions.reports.reading import Report
from submissions.reports.recording import record
from workflow import controls
from workflow.models import LeftBehind
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of
from workflow.tasks import run_pass
from workflow.tests.sam import SamJobs, look_again, look_again_later


@pytest.fixture
def sam(world):
    with SamServer() as server:
        yield SamJobs(world, server)


def test_a_campaign_runs_itself_from_generator_to_plots(world, sam):
    gen = world.stage("gen", stage_type="generator", completion_pct=100)
    sim = world.stage(
        "sim",
        after=[gen],
        split_type="nfiles(4)",
        completion_pct=70,
        recoveries=["consumed_status"],
    )
    reco = world.stage("reco", after=[sim])
    merge = world.stage("merge", after=[reco], join=True)
    plots = world.stage("plots", after=[merge])

    first = world.launch()
    run_pass()
    inputs = sam.generate(first, 12)
    hard, hopeless = {inputs[3], inputs[7]}, {inputs[11]}
    for _ in range(40):
        run_pass()
        idle = Submission.objects.filter(status="Idle").order_by("pk")
        if not idle:
            break
        for submission in idle:
            cured = submission.original_id is not None
            sam.finish(submission, fail=hopeless if cured else hard | hopeless)

    run = Run.objects.get()
    assert state_of(run).state == State.DONE, state_of(run).reasons
    assert len(world.of(sim, original=None)) == len(world.of(sim, cause="recovery")) == 3
    assert len(world.of(reco)) == 3
    joined = world.only(merge)
    assert len(sam.files(joined.dataset)) == 11
    assert len(world.of(plots)) == 1
    (given_up,) = LeftBehind.objects.all()
    assert (given_up.file, given_up.kind) == (inputs[11], "given up")
    assert sam.dims(world.of(sim)[0].dataset) == (
        f"defname: poms_depends_{first.pk}_1 with limit 4"
    )


def test_what_sam_could_not_be_asked_about_later_is_not_launched(world, sam):
    sam.dataset("raw", 3)
    launched = world.launch(world.stage("reco", dataset="raw", software_version="v2é"))

    run_pass()

    assert world.status(launched) == "LaunchFailed"
    assert "printable ASCII characters only, not 'v2é'" in world.conclusion(launched)


def test_a_person_lets_go_of_what_sam_can_not_be_asked_about(world, sam):
    """As where SAM, or what POMS knows of it, has changed since the launch."""
    sam.dataset("raw", 3)
    reco = world.stage("reco", dataset="raw", software_version="v2", recoveries=["consumed_status"])
    world.stage("anatree", after=[reco], pattern="%reco.root")
    submission = sam.completed(reco, suffixes=("_reco.root",))
    submission.snapshot.content["stage"]["software_version"] = "v2é"
    submission.snapshot.save()
    run_pass()
    assert world.status(submission) == "Completed"

    controls.let_go(submission, world.person)
    run_pass()

    submission.refresh_from_db()
    assert (submission.status, submission.finished_at is None) == ("Located", False)
    assert "as a person let it go: SAM takes printable ASCII" in world.conclusion(submission)
    assert Submission.objects.count() == 1


def test_recoveries_come_in_order_and_then_what_depends(world, sam):
    """DOMAIN A.3: consumed_status has files, pending_files none; then two stages are fed."""
    sam.dataset("raw", 5)
    reco = world.stage(
        "reco",
        dataset="raw",
        completion_pct=60,
        software_version="v2",
        recoveries=["consumed_status", "pending_files"],
        settle_time=timedelta(0),
    )
    world.stage("anatree", after=[reco], pattern="%reco.root")
    world.stage("calib", after=[reco], pattern="%hist.root")
    outputs = {"suffixes": ("_reco.root", "_hist.root")}
    submission = sam.completed(reco, fail=["raw_002.root"], **outputs)
    run_pass()
    recovery = world.only(reco, cause="recovery")
    assert recovery.dataset == f"poms_recover_{submission.pk}_0"
    assert sam.files(recovery.dataset) == ["raw_002.root"]

    sam.finish(recovery, **outputs)
    run_pass()

    assert len(world.of(reco, cause="recovery")) == 1
    for number, kind in enumerate(("reco", "hist"), start=1):
        fed = Submission.objects.get(stage__name=("anatree", "calib")[number - 1])
        assert fed.dataset == f"poms_depends_{submission.pk}_{number}"
        assert sam.files(fed.dataset) == [
            f"raw_00{n}.root.reco_{kind}.root" for n in (1, 3, 4, 5, 2)
        ]


# Numbers (DOMAIN A.2) and defects (DOMAIN 12.1, by their numbers there) as they are on SAM


@pytest.mark.parametrize(("located", "becomes"), [(189, "Completed"), (190, "Located")])
def test_of_200_consumed_files_95_percent_need_located_children(world, sam, located, becomes):
    """1: thresholds were ignored, and everything was Located at once."""
    names = sam.dataset("raw", 200)
    stage = world.stage("reco", dataset="raw", completion_pct=95)
    submission = sam.completed(stage, located=False)
    sam.locate(*[f"{name}.reco" for name in names[:located]])

    run_pass()

    assert world.status(submission) == becomes
    assert f"{located} of 200 consumed files have located children" in said(submission)


def test_after_two_days_199_of_200_are_enough(world, sam):
    names = sam.dataset("raw", 200)
    stage = world.stage("reco", dataset="raw", completion_pct=100)
    submission = sam.completed(stage, childless=names[:1])
    run_pass()
    assert world.status(submission) == "Completed"

    look_again_later(hours=49)

    assert world.status(submission) == "Located"
    assert "given up waiting" in said(submission)


def test_time_without_an_answer_is_not_waiting_time(world, sam):
    """A count that failed is no count: it stays Completed, whatever its age."""
    names = sam.dataset("raw", 3)
    stage = world.stage("reco", dataset="raw", completion_pct=100)
    submission = sam.completed(stage, childless=names[:1])
    sam.server.faults.add(Fault(path="files/count", kind="wrong_type"))
    run_pass()

    look_again_later(hours=49)

    assert world.status(submission) == "Completed"
    assert "SAM of demo" in world.conclusion(submission)


def test_a_project_that_never_began_is_not_one_without_files(world, sam):
    sam.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw", recoveries=["consumed_status"])
    submission = world.launch(stage)
    run_pass()
    record([Report(submission.pk, "Completed", project="never_began", source="wrapper")])

    run_pass()

    assert world.status(submission) == "Completed"
    assert "no project never_began" in world.conclusion(submission)
    assert not world.of(stage, cause="recovery")


def test_what_a_single_stage_must_make_is_what_its_job_type_says(world, sam):
    """2: the text of a list was looked for, so that single stages never matched."""
    sam.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw", patterns="%.root,%.hist", completion_pct=100)
    submission = sam.completed(stage, suffixes=(".root",))
    run_pass()
    assert world.status(submission) == "Completed"

    for number in (1, 2):
        name = f"raw_00{number}.root"
        sam.make(submission, f"{name}.hist", parents=[name])
    look_again()

    assert world.status(submission) == "Located"


def test_each_submission_is_judged_by_its_own_project(world, sam):
    """3: summaries went to the wrong submission where some had no project."""
    gen = world.stage("gen", stage_type="generator", completion_pct=100)
    reco, other = (
        world.stage(name, dataset=f"{name}_in", completion_pct=100) for name in ("reco", "other")
    )
    world.stage("next", after=[gen, reco, other])
    sam.dataset("reco_in", 4)
    sam.dataset("other_in", 3)
    made, good, bad = world.launch(gen), world.launch(reco), world.launch(other)
    run_pass()
    sam.generate(made, 3)
    sam.finish(good)
    sam.finish(bad, childless=["other_in_001.root"])

    run_pass()

    assert [world.status(each) for each in (made, good, bad)] == ["Located"] * 2 + ["Completed"]


def test_each_recovery_of_two_is_launched_once(world, sam):
    """6: the first one was launched twice."""
    sam.dataset("raw", 4)
    steps = ["consumed_status", "pending_files"]
    stage = world.stage(
        "reco", dataset="raw", completion_pct=25, recoveries=steps, settle_time=timedelta(0)
    )
    sam.completed(stage, fail=["raw_002.root", "raw_003.root"])
    for _ in range(4):
        run_pass()
        for recovery in world.of(stage, status="Idle"):
            sam.finish(recovery, fail=["raw_003.root"])
    look_again()

    steps = world.of(stage, cause="recovery")
    assert [step.recovery_step for step in steps] == [0, 1]
    assert sam.files(steps[0].dataset) == ["raw_002.root", "raw_003.root"]
    assert sam.files(steps[1].dataset) == ["raw_003.root"]


def test_a_recovery_of_what_was_delivered_names_the_project(world, sam):
    """8: the project was missing in it."""
    sam.dataset("raw", 3)
    stage = world.stage(
        "reco", dataset="raw", completion_pct=50, recoveries=["delivered_not_consumed"]
    )
    submission = sam.completed(stage, fail=["raw_002.root"])
    run_pass()

    recovery = world.only(stage, cause="recovery")
    assert sam.files(recovery.dataset) == ["raw_002.root"]
    submission.refresh_from_db()
    status = "consumed_status+skipped%2Cunknown%2Cdelivered"
    assert sam.asked(f"project_name+{submission.project}+and+{status}")


def test_files_of_a_process_that_failed_are_recovered_though_consumed(world, sam):
    """process_status asks SAM itself, which knows the processes (DOMAIN 6.1)."""
    names = sam.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=25, recoveries=["process_status"])
    submission = world.launch(stage)
    run_pass()
    project = sam.start_project(submission)
    sam.make(submission, "output", names[:2])
    for end in ("completed", "bad"):
        process = projects.establish_process(sam.store, project)
        for _ in range(2):
            name = projects.next_file(sam.store, project, process).name
            projects.tell(sam.store, project, process, name, "consumed")
        projects.end_process(sam.store, project, process, end)
    world.say(submission, "Completed")

    run_pass()

    assert sam.files(world.only(stage, cause="recovery").dataset) == names[2:]


def test_nothing_is_recovered_while_sam_does_not_answer(world, sam):
    """9: an error was counted as one file, so that empty recoveries were launched for ever."""
    sam.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=50, recoveries=["consumed_status"])
    submission = sam.completed(stage, fail=["raw_002.root"])
    sam.server.faults.add(Fault(path="minus", kind="500"))
    run_pass()
    look_again()
    assert world.status(submission) == "Completed"
    assert not world.of(stage, cause="recovery")

    assert sam.mishaps
    sam.server.faults.clear()
    look_again_later()

    assert sam.files(world.only(stage, cause="recovery").dataset) == ["raw_002.root"]


@pytest.mark.parametrize("path", ["/snapshot$", "/definitions/create$", "poms_depends"])
def test_nothing_is_fed_with_a_dataset_that_could_not_be_made(world, sam, path):
    """13: errors were passed over, and the next stage launched on no dataset, or an old one."""
    sam.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw", completion_pct=100)
    ana = world.stage("ana", after=[stage])
    submission = sam.completed(stage)
    sam.server.faults.add(Fault(path=path, kind="500"))
    run_pass()
    look_again()
    assert not world.of(ana)

    assert sam.mishaps
    sam.server.faults.clear()
    look_again_later()

    assert sam.files(world.only(ana).dataset) == ["raw_001.root.reco", "raw_002.root.reco"]
    submission.refresh_from_db()
    assert submission.finished_at is not None


def test_a_stage_fed_by_two_runs_once_for_both(world, sam):
    """12: it was launched once for each of them."""
    left, right = (
        world.stage(name, dataset=f"{name}_in", completion_pct=100) for name in ("left", "right")
    )
    sam.dataset("left_in", 2)
    sam.dataset("right_in", 1)
    merge = world.stage("merge", after=[left, right], join=True)
    parents = request_campaign_launch(world.campaign, Wish(who=world.person))
    run_pass()
    for submission in parents:
        sam.finish(submission)
    run_pass()
    run_pass()

    assert sorted(sam.files(world.only(merge).dataset)) == [
        "left_in_001.root.left",
        "left_in_002.root.left",
        "right_in_001.root.right",
    ]


@pytest.mark.parametrize(("made", "becomes"), [(7, "Completed"), (8, "Located")])
def test_without_a_project_the_jobs_own_dataset_is_held_against_the_jobs(world, sam, made, becomes):
    gen = world.stage("gen", stage_type="generator", completion_pct=80)
    world.stage("next", after=[gen])
    submission = world.launch(gen)
    run_pass()
    sam.generate(submission, made)
    Submission.objects.filter(pk=submission.pk).update(jobs_submitted=10)

    run_pass()

    assert world.status(submission) == becomes


def test_an_original_that_consumed_nothing_waits_and_its_recovery_does_not(world, sam):
    names = sam.dataset("raw", 2)
    stage = world.stage("reco", dataset="raw", recoveries=["consumed_status"])
    submission = sam.completed(stage, fail=names)
    run_pass()
    assert world.status(submission) == "Completed"

    sam.finish(world.only(stage, cause="recovery"), fail=names)
    run_pass()

    assert world.status(world.only(stage, cause="recovery")) == "Located"
    assert world.status(submission) == "Completed"


def test_outputs_on_their_way_are_not_made_again(world, sam):
    """An input that has an output, located or not, is no candidate for a recovery (W5)."""
    names = sam.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=50, recoveries=["reprocess_orphans"])
    stage.job_type.recoveries.update(recovery_type="consumed_status")
    submission = world.launch(stage)
    run_pass()
    sam.process(submission, fail=names[2:])
    sam.make(submission, "late", [names[2]], located=False)
    world.say(submission, "Completed")

    run_pass()

    assert sam.files(world.only(stage, cause="recovery").dataset) == [names[3]]


def test_files_that_arrive_after_a_slice_was_listed_come_with_the_next(world, sam):
    """W7: drainingn, each file once."""
    names = sam.dataset("raw", 3)
    stage = world.stage("reco", dataset="raw", split_type="drainingn(2)", completion_pct=100)
    first = world.launch(stage)
    sam.side.declare("raw_000.root", dataset="raw")
    second = world.launch(stage)

    assert sam.files(first.dataset) == names[:2]
    assert sam.files(second.dataset) == [names[2], "raw_000.root"]


def said(submission):
    """All that was concluded about a submission."""
    return "; ".join(decision.conclusion for decision in submission.decisions.all())

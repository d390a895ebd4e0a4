"""When a Completed submission is Located (WORKFLOW W4, DOMAIN A.2)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from submissions.models import Submission
from workflow import controls
from workflow.completion import number_of_jobs
from workflow.tasks import run_pass


@pytest.fixture
def reco(world):
    """A stage over twenty files, of which 95 % have to have located children."""
    world.dataset("raw", 20)
    return world.stage("reco", dataset="raw", completion_pct=95)


@pytest.mark.parametrize(("delivered", "becomes"), [(18, "Completed"), (19, "Located")])
def test_enough_of_the_consumed_files_need_located_children(world, reco, delivered, becomes):
    submission = world.launch(reco)
    run_pass()
    for number in range(20):
        file = world.catalogue.next_file(submission.project or f"poms_{submission.pk}", "w")
        made = {"parents": [file.name], "located": number < delivered}
        world.make(submission, f"{file.name}.reco", **made)
        world.catalogue.file_done(f"poms_{submission.pk}", file.name, "w")
    world.say(submission, "Completed")

    run_pass()

    assert world.status(submission) == becomes


def test_jobs_that_are_over_are_enough_where_the_stage_asks_for_no_more(world):
    world.dataset("raw", 3)
    stage = world.stage("s", dataset="raw", completion_type="complete")
    submission = world.completed(stage, located=False)

    run_pass()

    assert world.status(submission) == "Located"


def test_percent_is_of_what_was_consumed_not_of_what_was_given(world, reco):
    reco.release_at = "located"
    reco.save()
    names = world.files("raw")
    submission = world.completed(reco, fail=names[:10])

    run_pass()

    assert world.status(submission) == "Located"


def test_an_original_that_consumed_nothing_waits(world, reco):
    submission = world.completed(reco, fail=world.files("raw"))

    run_pass()

    assert world.status(submission) == "Completed"
    assert world.conclusion(submission) == "no file was consumed"


def test_a_recovery_that_consumed_nothing_is_located(world, reco):
    reco.job_type.recoveries.create(order=0, recovery_type="consumed_status")
    names = world.files("raw")
    submission = world.completed(reco, fail=names[:5])
    run_pass()
    recovery = world.only(reco, cause="recovery")

    world.finish(recovery, fail=names)
    run_pass()

    assert world.status(recovery) == "Located"
    assert world.status(submission) == "Located"


def test_an_input_needs_every_kind_of_child_that_an_edge_asks_for(world):
    world.dataset("raw", 1)
    reco = world.stage("reco", dataset="raw", completion_pct=100)
    world.stage("root", after=[reco], pattern="%.root")
    world.stage("hist", after=[reco], pattern="%.hist")
    submission = world.launch(reco)
    run_pass()
    name = world.catalogue.next_file(f"poms_{submission.pk}", "w").name
    world.make(submission, "a.root", parents=[name])
    world.catalogue.file_done(f"poms_{submission.pk}", name, "w")
    world.say(submission, "Completed")
    run_pass()
    assert world.status(submission) == "Completed"

    world.make(submission, "a.hist", parents=[name])
    Submission.objects.update(due_at=submission.created)
    run_pass()

    assert world.status(submission) == "Located"


def test_without_edges_the_job_types_patterns_say_what_an_input_needs(world):
    world.dataset("raw", 1)
    stage = world.stage("s", dataset="raw", patterns="%.root,%.hist")
    submission = world.completed(stage)

    run_pass()

    assert world.status(submission) == "Completed"


@pytest.mark.parametrize(("files", "becomes"), [(7, "Completed"), (8, "Located")])
def test_without_inputs_files_are_held_against_the_jobs_submitted(world, files, becomes):
    gen = world.stage("gen", stage_type="generator", completion_pct=80)
    submission = world.completed(gen, files=0)
    for number in range(files):
        world.make(submission, f"gen_{number}")
    Submission.objects.update(jobs_submitted=10, due_at=submission.created)

    run_pass()

    assert world.status(submission) == becomes


def test_the_number_of_jobs_may_come_from_the_command(world):
    gen = world.stage("gen", stage_type="generator", completion_pct=80)
    submission = world.completed(gen, files=8)
    Submission.objects.update(jobs_submitted=None, command_executed="jobsub_submit -N 10 file://x")

    run_pass()

    assert world.status(submission) == "Located"


def test_where_nobody_knows_the_number_of_jobs_it_is_waited_until_patience_ends(world, clock):
    gen = world.stage("gen", stage_type="generator", give_up_after=timedelta(days=2))
    submission = world.completed(gen, files=8)
    Submission.objects.update(jobs_submitted=None)
    run_pass()
    assert world.status(submission) == "Completed"

    clock.shift(timedelta(days=2))
    run_pass()

    assert world.status(submission) == "Located"


@pytest.mark.parametrize(
    ("command", "jobs"),
    [
        ("jobsub_submit -N 10 file://job.sh", 10),
        ("jobsub_submit -N10 file://job.sh", 10),
        ("jobsub_submit -N=10", 10),
        ("fife_launch -Osubmit.N=10 -c x.cfg", 10),
        ("poms submit -N 10", 10),
        ("jobsub_submit --Name 5", 0),
        ("jobsub_submit -Note 7", 0),
        ("poms submit -N files -- reco", 0),
        ("", 0),
    ],
)
def test_the_number_after_dash_n_is_the_number_of_jobs(command, jobs):
    assert number_of_jobs(command) == jobs


def test_output_that_does_not_come_is_given_up_after_two_days_on_record(world, reco, clock):
    submission = world.completed(reco, located=False)
    clock.shift(timedelta(hours=47))
    run_pass()
    assert world.status(submission) == "Completed"

    clock.shift(timedelta(hours=2))
    run_pass()

    assert world.status(submission) == "Located"
    said = submission.decisions.filter(about="completion").last().conclusion
    assert "given up waiting after 2 days" in said


def test_a_stage_may_wait_for_ever(world, reco, clock):
    reco.give_up_after = None
    reco.save()
    submission = world.completed(reco, located=False)

    clock.shift(timedelta(days=400))
    run_pass()

    assert world.status(submission) == "Completed"


def test_what_was_completed_long_ago_is_still_wrapped_up(world, reco, clock):
    submission = world.completed(reco)

    clock.shift(timedelta(days=5))
    run_pass()

    assert world.status(submission) == "Located"


def test_a_person_lets_go_and_it_is_located_at_the_next_look(world, reco):
    submission = world.completed(reco, located=False)
    run_pass()

    controls.let_go(submission, world.person)
    run_pass()

    assert world.status(submission) == "Located"
    submission.refresh_from_db()
    assert submission.finished_at is not None


def test_looks_in_vain_become_rarer(world, reco, clock):
    submission = world.completed(reco, located=False)
    waits = []
    for _ in range(12):
        run_pass()
        submission.refresh_from_db()
        waits.append((submission.due_at - submission.completed_at).total_seconds())
        clock.move_to(submission.due_at)

    gaps = [later - sooner for sooner, later in pairwise(waits)]
    assert gaps[:3] == [4, 8, 16]
    assert gaps[-1] == 600


def test_what_was_seen_is_kept_with_its_numbers_and_repeated_only_as_a_count(world, reco, clock):
    submission = world.completed(reco, located=False)
    for _ in range(3):
        run_pass()
        clock.shift(timedelta(hours=1))

    decision = submission.decisions.get(about="completion")
    assert decision.facts == {"have": 0, "need": 19, "of": 20, "percent": "95"}
    assert decision.times == 3

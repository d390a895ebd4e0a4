"""The figures of submissions on SAM: numbers and lists are the same question (DOMAIN 8.11)."""

import pytest
from django.utils import timezone

from datahandling.base import ProjectSummary
from poms_client.testing.sam import SamServer, projects
from submissions.figures import FIGURES, Asked, figures_for, find_figures
from submissions.figures.lookups import Part, list_files
from submissions.figures.sums import brief
from submissions.models import FileStatistics, Submission
from workflow.tasks import run_pass
from workflow.tests.sam import SamJobs


@pytest.fixture
def sam(world):
    with SamServer() as server:
        yield SamJobs(world, server)


@pytest.fixture
def over(world, sam):
    """Four files: both kinds of kids located, one kind, both without a location, and skipped."""
    names = sam.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", patterns="%.reco,%.hist")
    submission = world.launch(stage)
    run_pass()
    project = sam.start_project(submission)
    process = projects.establish_process(sam.store, project)
    for _ in names:
        name = projects.next_file(sam.store, project, process).name
        status = "skipped" if name == names[3] else "consumed"
        projects.tell(sam.store, project, process, name, status)
    for suffix in (".reco", ".hist"):
        sam.make(submission, names[0] + suffix, [names[0]])
    sam.make(submission, names[1] + ".reco", [names[1]])
    for suffix in (".reco", ".hist"):
        sam.make(submission, names[2] + suffix, [names[2]], located=False)
    return Submission.objects.select_related("snapshot").get(pk=submission.pk), names


def listed(submission, key):
    (figure,) = [one for one in FIGURES["sam"] if one.key == key]
    return list_files(submission, figure, Part(1))


def test_the_figures_of_a_project_on_sam(over):
    submission, _ = over

    assert find_figures(submission).figures == {
        "available_output": 3,
        "submitted": 4,
        "delivered": 4,
        "unknown": 0,
        "consumed": 3,
        "cancelled": 0,
        "failed": 0,
        "skipped": 1,
        "not_processed": 1,
        "some_declared": 3,
        "all_declared": 2,
        "located": 1,
        "pending": 3,
    }


def test_each_figure_is_the_number_of_files_of_its_list(over):
    submission, _ = over
    figures = find_figures(submission).figures

    totals = {one.key: listed(submission, one.key).total for one in figures_for(submission)}

    assert totals == figures


def test_pending_is_what_its_link_lists(over):
    """12.1 #32: number and link were two questions; output was that of the last pattern only."""
    submission, names = over

    assert listed(submission, "pending").names == names[1:]
    assert sorted(listed(submission, "available_output").names) == [
        f"{names[0]}.hist",
        f"{names[0]}.reco",
        f"{names[1]}.reco",
    ]


def test_each_input_of_a_recovered_chain_counts_once_as_its_last_project_has_it(world, sam):
    names = sam.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", recoveries=["consumed_status"], completion_pct=1)
    original = sam.completed(stage, fail=names[2:])
    assert find_figures(original).chain_figures == {}
    run_pass()
    recovery = original.recoveries.get()
    sam.finish(recovery, fail=names[3:])

    found = find_figures(Submission.objects.select_related("snapshot").get(pk=original.pk))

    assert (found.figures["consumed"], found.figures["skipped"]) == (2, 2)
    assert found.chain_figures == {
        "submitted": 4,
        "delivered": 4,
        "unknown": 0,
        "consumed": 3,
        "cancelled": 0,
        "failed": 0,
        "skipped": 1,
        "not_processed": 1,
    }
    assert found.chain_states == {"initial": 0, "reserved": 0, "done": 3, "failed": 1}
    assert find_figures(recovery).chain_figures == {}


def test_lists_show_the_dimensions(over):
    submission, _ = over
    project = submission.project

    assert listed(submission, "submitted").text == f"snapshot_for_project_name {project}"
    assert listed(submission, "consumed").text == (
        f"project_name {project} and consumed_status co%"
    )
    assert listed(submission, "skipped").text == (
        f"project_name {project} and consumed_status skipped"
    )
    assert listed(submission, "pending").text.startswith(
        f"snapshot_for_project_name {project} minus ( snapshot_for_project_name {project} and "
        "isparentof:( file_name like %.reco and create_date > '"
    )


def test_the_name_of_a_project_cannot_change_the_question(over):
    submission, _ = over
    submission.project = "x' or file_name 'y"
    (figure,) = [one for one in FIGURES["sam"] if one.key == "skipped"]

    query = figure.files(Asked.about(submission))

    assert query.text == "project_name \"x' or file_name 'y\" and consumed_status skipped"


def test_what_sam_counts_by_its_own_names_adds_up_to_what_was_delivered():
    (delivered,) = [one for one in FIGURES["sam"] if one.key == "delivered"]
    counts = {"consumed": 1, "completed": 7, "cancelled": 2, "failed": 1, "skipped": 1}
    counts |= {"delivered": 3, "transferred": 9, "unknown": 4}

    assert delivered.number(ProjectSummary(30, 5, 16, 8, 4, counts)) == 15


@pytest.mark.parametrize("kind", FIGURES)
def test_the_sums_say_of_as_many_as_the_bar_beside_them_that_they_failed(kind):
    """SAM's own ``failed`` is what few jobs say: most say ``skipped``."""
    counts = {"consumed": 1, "completed": 7, "cancelled": 2, "failed": 1, "skipped": 1}
    project = ProjectSummary(files=12, initial=0, reserved=0, done=8, failed=4, details=counts)

    red = [figure for figure in brief(kind) if figure.key in ("failed", "not_processed")]

    assert [figure.number(project) for figure in red] == [project.failed]


def test_outputs_without_a_location_are_awaited_where_fts_can_tell(over, world):
    submission, names = over
    assert find_figures(submission).awaited == []
    world.experiment.data_services.update(fts_url="http://127.0.0.1:1/")

    assert sorted(find_figures(submission).awaited) == [f"{names[2]}.hist", f"{names[2]}.reco"]


def test_a_generator_on_sam_counts_the_output_that_its_jobs_defined(world, sam):
    gen = world.stage("gen", stage_type="generator")
    world.stage("sim", after=[gen])
    submission = world.launch(gen)
    run_pass()
    sam.generate(submission, 3)
    submission.refresh_from_db()

    assert find_figures(submission).figures == {"available_output": 3}


def test_a_pass_asks_nothing_twice_for_its_decisions_and_for_figures(over, world, sam):
    submission, _ = over
    world.say(submission, "Completed")
    FileStatistics.objects.update(due_at=timezone.now())
    sam.server.faults.log.clear()

    run_pass()

    asked = [(one.method, one.target, one.body) for one in sam.server.faults.log]
    assert FileStatistics.objects.get(pk=submission.pk).figures["pending"] == 3
    assert sorted(set(asked)) == sorted(asked)

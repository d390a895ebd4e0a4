"""The figures of submissions on Data Dispatcher, in the numbers of DOMAIN A.7."""

import pytest

from campaigns.models import CampaignStage, DataService, Experimenter, Membership
from campaigns.tests import builders
from datahandling.dispatcher_models import DispatcherProject
from datahandling.query import ProjectFiles
from submissions.figures import find_figures
from submissions.figures.lookups import Part, figure_of, list_files, look_at_project
from submissions.models import FileStatistics, Submission
from workflow.tasks import run_pass
from workflow.tests.data_dispatcher import VIRTUAL, DispatcherJobs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the clients leave files open


@pytest.fixture
def jobs(world, tmp_path):
    return DispatcherJobs(world, tmp_path)


@pytest.fixture
def launch(world, jobs):
    """Launch a stage over so many files; return its submission, and their names."""

    def launch(count, **settings):
        names = jobs.dataset("raw", count)
        stage = world.stage("reco", dataset="raw", data_dispatcher=settings)
        submission = world.launch(stage)
        run_pass()
        return read(submission), names

    return launch


def read(submission):
    return Submission.objects.select_related("snapshot").get(pk=submission.pk)


def total(submission, key):
    return list_files(submission, figure_of(submission, key), Part(1)).total


def test_a_hundred_handles(launch, jobs):
    """A.7: 60 done, 10 failed, 5 reserved, 25 initial."""
    submission, names = launch(100)
    jobs.process(submission, fail=set(names[60:70]), limit=70)
    project = jobs.project_id(submission)
    for _ in range(5):
        jobs.dispatcher.next_file(project, timeout=0, stagger=0)

    found = find_figures(submission)

    assert found.states == {"initial": 25, "reserved": 5, "done": 60, "failed": 10}
    assert found.figures == {
        "percent_completed": 70.0,
        "available_output": 60,
        "submitted": 75,
        "not_submitted": 25,
        "done": 60,
        "failed": 10,
        "reserved": 5,
        "not_located": 0,
        "files": 100,
        "parents": 0,
        "children": 60,
        "pending": 40,
    }
    assert {key: total(submission, key) for key in ("submitted", "not_submitted", "pending")} == {
        "submitted": 75,
        "not_submitted": 25,
        "pending": 40,
    }


def test_under_1p_the_percentage_is_over_the_recoverys_own_files(world, jobs):
    """A.7: the recovery restarts ten handles of a hundred in the same project."""
    names = jobs.dataset("raw", 10)
    settings = {"virtual": True, "methodology": "1P"}
    stage = world.stage(
        "reco",
        dataset="raw",
        data_dispatcher=settings,
        completion_pct=50,
        recoveries=["state_failed"],
    )
    jobs.completed(stage, fail={names[3], names[7]})
    run_pass()
    recovery = read(world.only(stage, cause="recovery"))
    jobs.process(recovery, limit=1)

    found = find_figures(recovery)

    assert (found.figures["files"], found.figures["percent_completed"]) == (2, 50.0)
    assert found.states == {"initial": 1, "reserved": 0, "done": 1, "failed": 0}
    assert total(recovery, "files") == 2


def test_the_projects_number_and_title_are_told(launch, jobs):
    submission, _ = launch(2)

    facts = find_figures(submission).project

    assert facts["project id"] == str(jobs.project_id(submission))
    assert facts["title"].startswith("reco | standard")


def test_files_without_a_replica_in_time_are_unknown(launch):
    submission, names = launch(3, virtual=False)

    look = look_at_project(submission, "not_located", Part(1))

    assert find_figures(submission).figures["not_located"] == 3
    assert [row.file for row in look.handles.rows] == names
    assert {row.replicas for row in look.handles.rows} == {0}


def test_handles_are_offered_again(launch, jobs, world, client):
    submission, names = launch(4)
    jobs.process(submission, fail={names[1], names[2]})
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)
    address = f"/submissions/{submission.pk}/project/restart/"

    client.post(address, {"which": "chosen", "file": [names[1]]})
    assert jobs.states(submission)[names[1]] == "initial"
    assert jobs.states(submission)[names[2]] == "failed"
    client.post(address, {"which": "failed"})
    assert jobs.states(submission)[names[2]] == "initial"
    assert jobs.states(submission)[names[0]] == "done"
    client.post(address, {"which": "all"})
    assert set(jobs.states(submission).values()) == {"initial"}


def test_a_cancelled_project_is_activated(launch, jobs, world, client):
    submission, _ = launch(1)
    project = jobs.project_id(submission)
    jobs.dispatcher.cancel_project(project)
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)

    client.post(f"/submissions/{submission.pk}/project/activate/")

    assert jobs.dispatcher.get_project(project)["state"] == "active"


@pytest.mark.parametrize("act", ["restart", "activate"])
def test_a_shared_project_is_for_who_may_launch_all_that_it_serves(
    launch, jobs, world, client, act
):
    submission, names = launch(2)
    jobs.process(submission)
    shifter = Experimenter.objects.create_user("shift", password="x")
    Membership.objects.create(
        experimenter=shifter, experiment=world.experiment, role="production-shifter"
    )
    settings = {"project_id": jobs.project_id(submission)}
    through_it = world.launch(world.stage("production", data_dispatcher=settings))
    run_pass()
    CampaignStage.objects.filter(pk=submission.stage_id).update(
        creator_role="analysis", vo_role="Analysis"
    )
    address = f"/submissions/{through_it.pk}/project/{act}/"
    client.force_login(shifter)

    assert client.post(address, {"which": "all"}).status_code == 403
    assert jobs.states(submission) == dict.fromkeys(names, "done")

    Membership.objects.filter(experimenter=shifter).update(role="production")
    assert client.post(address, {"which": "all"}).status_code == 302


@pytest.fixture
def another_experiment(jobs, world):
    """A campaign of another experiment that has the same servers."""
    service = DataService.objects.get()
    service.pk, service.experiment = None, builders.experiment("other")
    service.save()
    return builders.campaign("theirs", world.person, of="other", data_handler="data_dispatcher")


def test_experiments_that_use_one_project_own_its_files_apart_and_act_on_it_together(
    jobs, world, another_experiment, client
):
    names = jobs.dataset("raw", 2)
    made = jobs.dispatcher.create_project(
        [f"demo:{name}" for name in names], project_attributes=VIRTUAL, idle_timeout=None
    )
    settings = {"project_id": made["project_id"], "load_limit": 1}
    ours = world.launch(world.stage("reco", data_dispatcher=settings))
    run_pass()
    setup = builders.login_setup("there", world.person, of="other", launcher="local")
    there = builders.stage("reco", another_experiment, login_setup=setup, data_dispatcher=settings)
    theirs = world.launch(there)
    run_pass()
    shifter = builders.person("shift", "production", of="demo")
    client.force_login(shifter)
    activate = f"/submissions/{ours.pk}/project/activate/"

    assert jobs.handler.files(ProjectFiles(f"poms_{ours.pk}")) == names[:1]
    assert DispatcherProject.objects.get(name=f"poms_{theirs.pk}").files == [f"demo:{names[1]}"]
    assert client.post(activate).status_code == 403
    Membership.objects.create(experimenter=shifter, experiment=theirs.experiment, role="production")
    assert client.post(activate).status_code == 302


def test_each_input_of_a_recovered_chain_counts_once_as_its_last_project_has_it(world, jobs):
    names = jobs.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", recoveries=["state_failed"], completion_pct=1)
    original = world.launch(stage)
    run_pass()
    jobs.finish(original, fail=names[2:])
    run_pass()
    jobs.finish(original.recoveries.get(), fail=names[3:])

    found = find_figures(read(original))

    assert (found.figures["done"], found.figures["failed"]) == (2, 2)
    assert found.chain_figures == {
        "submitted": 4,
        "not_submitted": 0,
        "done": 3,
        "failed": 1,
        "reserved": 0,
        "files": 4,
    }
    assert found.chain_states == {"initial": 0, "reserved": 0, "done": 3, "failed": 1}


@pytest.mark.parametrize("sent", [{"which": "chosen"}, {"which": "nonsense"}, {}])
def test_what_to_offer_again_has_to_be_said(launch, jobs, world, client, sent):
    submission, names = launch(1)
    jobs.process(submission, fail={names[0]})
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)

    answer = client.post(f"/submissions/{submission.pk}/project/restart/", sent, follow=True)

    assert "Choose the files" in answer.content.decode()
    assert jobs.states(submission)[names[0]] == "failed"


def test_the_page_of_the_project_shows_handles_and_settings(launch, jobs, world, client):
    submission, names = launch(3, idle_timeout=3600)
    jobs.process(submission, fail={names[0]}, limit=2)
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)

    page = client.get(f"/submissions/{submission.pk}/project/").content.decode()

    assert page.count('name="file"') == 3
    assert ">Not submitted</span>" in page
    assert "idle timeout" in page
    assert "Restart failed" in page


def test_files_by_submission_names_the_project_and_its_number(launch, jobs, world, client):
    """8.11: the column of the project's name showed its number."""
    submission, _ = launch(1)
    FileStatistics.objects.filter(pk=submission.pk).update(project=find_figures(submission).project)
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)

    page = client.get(f"/stages/{submission.stage_id}/files/").content.decode()

    assert f"{jobs.project_id(submission)} | reco | standard" in page
    assert f">{submission.project}</a>" in page

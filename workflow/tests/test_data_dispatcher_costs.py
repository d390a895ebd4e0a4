"""What figures and file lists ask Data Dispatcher and MetaCat: nothing twice, nor for ever."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from datahandling.handlers.data_dispatcher import evaluating
from poms_client.testing.faults import Fault
from submissions.figures import lookups, statistics
from submissions.figures.lookups import Part, figure_of, list_files, look_at_project
from submissions.models import FileStatistics, Submission
from workflow.tasks import run_pass
from workflow.tests.data_dispatcher import DispatcherJobs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the clients leave files open


def asked(service, path):
    return sum(request.path.endswith(path) for request in service.faults.log)


@pytest.fixture
def jobs(world, tmp_path):
    return DispatcherJobs(world, tmp_path)


@pytest.fixture
def over_six(world, jobs):
    """A submission over six files, all done; the services' logs are empty."""
    jobs.dataset("raw", 6)
    submission = world.launch(world.stage("reco", dataset="raw"))
    run_pass()
    jobs.process(submission)
    FileStatistics.objects.update(due_at=timezone.now())
    for service in (jobs.running.metacat, jobs.running.dispatcher):
        service.faults.log.clear()
    return Submission.objects.select_related("snapshot").get(pk=submission.pk)


@pytest.fixture
def visitor(world, client):
    world.person.is_superuser = True
    world.person.save()
    client.force_login(world.person)
    return client


@pytest.fixture
def short_questions(monkeypatch):
    """Two names make a question long, as a thousand do elsewhere."""
    monkeypatch.setattr(evaluating, "MANY", 2)
    monkeypatch.setattr(evaluating, "FEWEST", 1)


def test_figures_read_their_project_once(over_six, jobs):
    statistics.refresh(FileStatistics.objects.get(pk=over_six.pk))

    assert FileStatistics.objects.get(pk=over_six.pk).figures["done"] == 6
    assert asked(jobs.running.dispatcher, "/project") == 1


def test_so_does_a_page_of_the_project(over_six, jobs):
    assert look_at_project(over_six, None, Part(1)).handles.total == 6

    assert asked(jobs.running.dispatcher, "/project") == 1


def test_a_page_of_a_long_list_is_found_with_its_total_in_one_go(
    over_six, jobs, short_questions, monkeypatch
):
    monkeypatch.setattr(lookups, "PAGE", 4)

    found = list_files(over_six, figure_of(over_six, "children"), Part(2))

    assert (len(found.names), found.total) == (2, 6)
    assert asked(jobs.running.dispatcher, "/project") == 1
    assert asked(jobs.running.metacat, "/data/query") == 6  # a file each, asked once


def test_a_list_in_too_many_pieces_is_refused_before_the_first(
    over_six, jobs, short_questions, monkeypatch, visitor
):
    monkeypatch.setattr(lookups, "MOST_PIECES", 5)

    page = visitor.get(f"/submissions/{over_six.pk}/files/children/").content.decode()

    assert "Too long for a page: this list is too long" in page
    assert "stand on the submission&#x27;s page" in page
    assert asked(jobs.running.metacat, "/data/query") == 0


@pytest.mark.parametrize("path", ["files/done/", "project/", "file/?name=x"])
def test_a_page_waits_for_all_its_questions_together(over_six, jobs, monkeypatch, visitor, path):
    monkeypatch.setattr(lookups, "AT_MOST", timedelta(seconds=0.3))
    for service in (jobs.running.metacat, jobs.running.dispatcher):
        service.faults.add(Fault(kind="timeout"))
    began = time.monotonic()

    page = visitor.get(f"/submissions/{over_six.pk}/{path}").content.decode()

    assert "Too long for a page: this takes longer than 0.3 s" in page
    assert time.monotonic() - began < 2

"""`GET /api/v1/submissions/{id}/files/`: what a submission was given, made and left behind."""

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Membership
from datahandling.base import Unknown
from datahandling.handlers.catalogue import Catalogue
from datahandling.query import ProjectFiles
from submissions.models import FileStatistics
from workflow.requesting import Wish, request_launch
from workflow.tasks import run_pass


@pytest.fixture
def done(world):
    """A submission over four files, of which the first failed."""
    world.dataset("raw", 4)
    stage = world.stage("reco", dataset="raw", completion_pct=75)
    submission = request_launch(stage, Wish(who=world.person))
    run_pass()
    submission.refresh_from_db()
    first = world.catalogue.files(ProjectFiles(submission.project))[0]
    world.finish(submission, fail={first})
    run_pass()
    submission.refresh_from_db()
    return submission, first


@pytest.fixture
def asked(done, world, client):
    """Ask about the submission, as a member of its experiment."""
    submission, _ = done
    Membership.objects.create(experimenter=world.person, experiment=world.experiment)
    client.force_login(world.person)
    FileStatistics.objects.moved([submission.pk])
    FileStatistics.objects.update(due_at=timezone.now())
    run_pass()

    def ask(**what):
        return client.get(reverse("api-submission-files", args=[submission.pk]), what)

    return ask


def test_figures_are_told_with_their_age(done, asked):
    said = asked().json()

    assert said["figures"]["done"] == said["figures"]["available_output"] == 3
    assert said["figures"]["pending"] == 1
    assert said["states"] == {"initial": 0, "reserved": 0, "done": 3, "failed": 1}
    assert said["asked_at"] is not None
    assert said["unknown"] == ""
    assert said["left_behind"] == [{"name": done[1], "kind": "given up"}]


def test_figures_are_told_while_the_service_gives_no_answer(asked, monkeypatch):
    def unknown(*_, **__):
        raise Unknown("the catalogue is out of reach")

    monkeypatch.setattr(Catalogue, "files", unknown)

    assert asked().json()["figures"]["pending"] == 1
    assert asked(figure="pending").status_code == 503


def test_the_files_behind_a_figure_are_listed(done, asked):
    said = asked(figure="pending").json()

    assert said["files"] == [done[1]]
    assert (said["figure"], said["total"], said["next_page"]) == ("pending", 1, None)
    assert said["query"].startswith(f"given to project {done[0].project} but not (")


@pytest.mark.parametrize("figure", ["nonsense", "percent_completed", ""])
def test_a_figure_without_a_list_is_not_found(asked, figure):
    assert asked(figure=figure).status_code == 404


def test_inputs_and_outputs_are_named_where_they_are_asked_for(done, asked):
    said = asked(names=1).json()

    assert said["inputs"][0] == {"name": done[1], "state": "failed"}
    assert [file["state"] for file in said["inputs"]] == ["failed", "done", "done", "done"]
    assert [file["located"] for file in said["outputs"]] == [True, True, True]


def test_a_stranger_does_not_learn_that_it_is_there(done, world, client):
    submission, _ = done
    client.force_login(world.person)

    assert client.get(reverse("api-submission-files", args=[submission.pk])).status_code == 404

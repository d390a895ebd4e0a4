"""`GET /api/v1/submissions/{id}/files/`: what a submission was given, made and left behind."""

import pytest
from django.urls import reverse

from campaigns.models import Membership
from datahandling.query import ProjectFiles
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


def test_inputs_outputs_and_what_was_left_behind_are_named(done, world, client):
    submission, first = done
    Membership.objects.create(experimenter=world.person, experiment=world.experiment)
    client.force_login(world.person)

    said = client.get(reverse("api-submission-files", args=[submission.pk])).json()

    assert said["inputs"][0] == {"name": first, "state": "failed"}
    assert [file["state"] for file in said["inputs"]] == ["failed", "done", "done", "done"]
    assert said["output_count"] == len(said["outputs"]) == 3
    assert said["left_behind"] == [{"name": first, "kind": "given up"}]


def test_a_stranger_does_not_learn_that_it_is_there(done, world, client):
    submission, _ = done
    client.force_login(world.person)

    assert client.get(reverse("api-submission-files", args=[submission.pk])).status_code == 404

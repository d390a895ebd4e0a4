"""What is asked of the catalogue about one chain costs the same, however many files there are."""

import pytest

from bench.history import copies_of_child
from bench.ruler import analyse, cost
from datahandling.handlers.catalogue import Catalogue, Declaration, Maker
from datahandling.models import File
from submissions.chains import Chain
from submissions.models import Submission
from submissions.statuses import Actor, Status
from workflow.projects import make_project
from workflow.requesting import Wish, request_launch
from workflow.wrapup import find_next_step

INPUTS = 100
FEW, MANY = 2_000, 200_000


@pytest.fixture
def completed(history):
    """A submission of the demo's second stage whose jobs have made a file of each input."""
    catalogue = Catalogue(history.campaign.experiment.name)
    inputs = [f"gen-{number}.jsonl.gz" for number in range(INPUTS)]
    catalogue.declare([Declaration(name, datasets=["input"]) for name in inputs])
    stage = history.campaign.stages.get(name="sim")
    submission = request_launch(stage, Wish(who=history.person, dataset="input"))
    make_project(submission)
    maker = Maker(submission.pk, stage.pk)
    while (file := catalogue.next_file(submission.project, "worker")) is not None:
        there = [f"file:///there/{file.name}"]
        made = Declaration(f"sim-{file.name}", locations=there, parents=[file.name])
        catalogue.declare([made], maker)
        catalogue.file_done(submission.project, file.name, "worker")
    for status in (Status.IDLE, Status.COMPLETED):
        submission.move_to(status, actor=Actor.AGENT)
    return Submission.objects.get(pk=submission.pk)


def test_a_look_at_a_chain_costs_the_same_among_many_files(completed):
    child = File.objects.filter(made_by_submission=completed.pk).first()

    def look():
        assert find_next_step(completed).end is not None
        assert Chain.of(completed).handler.count(Chain.of(completed).output()) == INPUTS

    copies_of_child(child, FEW)
    fresh = cost(look)  # of a database that knows nothing of its tables yet
    analyse()
    few = cost(look)
    copies_of_child(child, MANY)
    analyse()
    many = cost(look)

    print(f"\na look at a chain of {INPUTS} inputs among {2 * FEW:,} files: {few}")
    print(f"among {2 * MANY:,}: {many} ({many.times(few)}); without statistics {fresh.times(few)}")
    assert many.queries == few.queries

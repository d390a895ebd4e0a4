"""The demo's story (WORKFLOW.md, last section), told to the engine with a batch played by hand."""

from submissions.models import Run, Submission
from workflow.models import LeftBehind
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of
from workflow.tasks import run_pass


def test_a_campaign_runs_itself_from_generator_to_plots(world):
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

    (first,) = request_campaign_launch(world.campaign, Wish(who=world.person))
    run_pass()
    world.generate(first, 12)
    world.say(first, "Completed")
    inputs = [f"gen_{first.pk}_{n}" for n in range(12)]
    hard, hopeless = {inputs[3], inputs[7]}, {inputs[11]}
    for _ in range(40):
        run_pass()
        idle = Submission.objects.filter(status="Idle").order_by("pk")
        if not idle:
            break
        for submission in idle:
            cured = submission.original_id is not None
            world.finish(submission, fail=hopeless if cured else hard | hopeless)

    run = Run.objects.get()
    assert state_of(run).state == State.DONE, state_of(run).reasons
    assert Submission.objects.filter(stage=sim, original=None).count() == 3
    assert Submission.objects.filter(stage=sim, cause="recovery").count() == 3
    assert Submission.objects.filter(stage=reco).count() == 3
    (joined,) = Submission.objects.filter(stage=merge)
    assert world.catalogue.project(joined.project).files == 11
    assert Submission.objects.filter(stage=plots).count() == 1
    (given_up,) = LeftBehind.objects.all()
    assert (given_up.file, given_up.kind) == (inputs[11], "given up")

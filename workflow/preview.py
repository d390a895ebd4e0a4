"""What a launch would run, without launching: takes no slice, makes no submission."""

from dataclasses import dataclass

from django.utils import timezone

from campaigns.dataservices import handler_of
from campaigns.models import CampaignStage, Experimenter
from campaigns.models.campaigns import StageType
from campaigns.parameters import Parameter
from campaigns.slicing import peek_slice
from campaigns.splits import parse_split
from submissions import script
from submissions.models import Pass, Snapshot, Submission
from submissions.models.runs import PassKind, PassState
from submissions.snapshots import describe
from workflow.passes import dataset_of, has_dataset


@dataclass(frozen=True)
class Preview:
    """The input, the parameters, and the whole script; ``note`` where no input is left."""

    dataset: str
    parameters: list[Parameter]
    text: str
    note: str = ""


def preview(
    stage: CampaignStage, who: Experimenter, *, test: bool = False, dataset: str = ""
) -> Preview:
    """Work out what a launch of ``stage`` would run now.

    Raises:
        Unknown: the data handler didn't say which files are next.
        UnknownPlaceholder: the stage names a placeholder that nothing defines.
    """
    note = ""
    if not dataset:
        dataset, note = _next_dataset(stage, test)
    submission = Submission(
        pk=0,
        experiment=stage.campaign.experiment,
        stage=stage,
        creator=who,
        test=test,
        dataset=dataset,
        snapshot=Snapshot(content=describe(stage)),
    )
    planned = script.plan(submission, project="poms_(submission)" if dataset else "")
    return Preview(dataset, planned.parameters, script.render(submission, planned, None), note)


def _next_dataset(stage: CampaignStage, test: bool) -> tuple[str, str]:
    if stage.stage_type != StageType.GENERATOR and not has_dataset(stage):
        return "", "The stage that feeds it will name the dataset."
    split = parse_split(stage.split_for(test))
    if split is None:
        return dataset_of(stage), ""
    kind = PassKind.TEST if test else PassKind.STANDING
    walk = (
        Pass.objects.filter(
            stage=stage, kind=kind, dataset=dataset_of(stage), split=stage.split_for(test)
        )
        .exclude(state=PassState.ENDED)
        .first()
    )
    handler = handler_of(stage.campaign.data_handler, stage.campaign.experiment.name)
    tag = f"{stage.pk}:{walk.pk if walk else 'next'}"
    found = peek_slice(
        handler, split, dataset_of(stage), walk.position if walk else None, tag, timezone.now()
    )
    return (found.slice.dataset, "") if found.slice else ("", "No more splits in this campaign.")

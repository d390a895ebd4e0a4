"""What a launch would run, without launching: takes no slice, makes no submission."""

from dataclasses import dataclass

from django.utils import timezone

from campaigns.dataservices import handler_of
from campaigns.models import CampaignStage, Experimenter
from campaigns.models.campaigns import StageType
from campaigns.parameters import Parameter
from campaigns.slicing import peek_slice
from campaigns.splits import parse_split
from datahandling.base import QueryError, Unknown
from datahandling.query import Dataset
from submissions.launching import script
from submissions.models import Pass, Snapshot, Submission
from submissions.models.runs import PassKind, PassState
from submissions.snapshots import describe
from workflow.holds import find_hold
from workflow.passes import dataset_of, has_dataset


@dataclass(frozen=True)
class Preview:
    """The input, the parameters, the whole script, and in ``notes`` what stands in its way."""

    dataset: str
    parameters: list[Parameter]
    text: str
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        return " ".join(self.notes)


def preview(
    stage: CampaignStage, who: Experimenter, *, test: bool = False, dataset: str = ""
) -> Preview:
    """Work out what a launch of ``stage`` would run now.

    Raises:
        Unknown: the data handler didn't say which files are next.
        UnknownPlaceholder: the stage names a placeholder that nothing defines.
    """
    is_slice, note = False, ""
    if not dataset:
        is_slice = parse_split(stage.split_for(test)) is not None
        dataset, note = _next_dataset(stage, test)
    if dataset and not is_slice:  # a slice's own dataset isn't made before the launch
        note = _why_no_input(stage, dataset)
    submission = Submission(
        pk=0,
        experiment=stage.campaign.experiment,
        stage=stage,
        creator=who,
        test=test,
        dataset=dataset,
        snapshot=Snapshot(content=describe(stage)),
    )
    project = "poms_(submission)" if dataset else ""
    service = script.service_of(submission, "")
    planned = script.plan(submission, project=project, service=service)
    notes = tuple(filter(None, [note, _why_held(submission)]))
    return Preview(dataset, planned.parameters, script.render(submission, planned, None), notes)


def _why_no_input(stage: CampaignStage, dataset: str) -> str:
    handler = handler_of(stage.campaign.data_handler, stage.campaign.experiment.name)
    try:
        files = handler.count(Dataset(dataset))
    except QueryError as error:
        return f"A launch would fail: {error}."
    except Unknown as error:
        return f"Whether there is such a dataset isn't known now: {error}."
    return "" if files else f"The dataset {dataset} has no files now."


def _why_held(submission: Submission) -> str:
    held = find_hold(submission)
    return f"Launches are held ({held}): this one would wait until that is lifted." if held else ""


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

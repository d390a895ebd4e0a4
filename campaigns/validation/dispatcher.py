"""Rules for campaigns on Data Dispatcher: of each stage it is clear which files are meant."""

from collections.abc import Iterator

from campaigns.dispatcher import resolve
from campaigns.documents import Document, Fields, Problem
from campaigns.models.campaigns import StageType
from campaigns.models.dataservices import DataHandlerName
from campaigns.slicing import names_dataset

WITHOUT_INPUT = {StageType.GENERATOR, StageType.APPROVAL}


def datasets_or_projects(document: Document) -> Iterator[Problem]:
    """A stage has one source of files: what feeds it, its dataset or query, or a project."""
    if document.campaign.get("data_handler") != DataHandlerName.DATA_DISPATCHER:
        return
    for name, stage in document.stages.items():
        settings = resolve(stage.get("data_dispatcher"), document.defaults.get("data_dispatcher"))
        is_fed = bool(document.feeding(name))
        for reason in _wrong(stage, settings["project_id"], is_fed=is_fed):
            yield Problem(f"stage {name}: {reason}", f"campaign_stage {name}", "data_dispatcher")


def _wrong(stage: Fields, project: int | None, *, is_fed: bool) -> Iterator[str]:
    dataset = names_dataset(str(stage.get("dataset", "")))
    has_input = stage.get("stage_type") not in WITHOUT_INPUT
    if project is None:
        if has_input and not is_fed and not dataset:
            yield "say which files: a dataset or query, or project_id of a project that is there"
        return
    if not has_input:
        yield f"a stage of type {stage.get('stage_type')} has no files, so not those of {project}"
    elif is_fed:
        yield f"it is fed, so it can't be tied to project {project} as well"
    elif dataset:
        yield f"it has a dataset and is tied to project {project}: leave one of them out"
    elif stage.get("split_type") or stage.get("test_split_type"):
        yield f"a split needs a dataset, and it is tied to project {project}: use load_limit"

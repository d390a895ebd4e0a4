"""The project that a submission's jobs work through: over which files, made how (W2)."""

from collections.abc import Collection
from typing import Any

from campaigns.dataservices import handler_of_launch
from campaigns.dispatcher import Methodology, resolve
from campaigns.models import CampaignStage
from campaigns.models.dataservices import DataHandlerName
from campaigns.roles import OwnerRole
from campaigns.splits import parse_split
from datahandling.query import Dataset, Nothing, ProjectFiles, Query
from submissions.models import Submission
from submissions.models.submissions import Cause
from submissions.statuses import SETTLED

BARE_VALUES = frozenset(
    {"comma list", "list of lists"}
)  # of splits whose slices need not be datasets


def make_project(submission: Submission, *, anew: bool = False) -> str:
    """Make the project over the input, once, and return its name.

    It is empty without input, and where the jobs start it and the agent reports its name: what an
    attempt before reported is forgotten when a launch is tried ``anew``, for it starts another.
    """
    settings = submission.snapshot.content["stage"]["data_dispatcher"]
    handler = handler_of_launch(submission.snapshot.content)
    is_named = handler.makes_projects and bool(settings.get("project_id"))
    if not is_named and not (submission.dataset and _is_dataset(submission)):
        return ""
    if not handler.makes_projects:
        return _keep_project(submission, "" if anew else submission.project)
    name = f"poms_{submission.pk}"
    handler.start_project(name, _files(submission), settings_for(submission))
    return _keep_project(submission, name)


def names_project(stage: CampaignStage) -> bool:
    """Tell whether the stage runs on a project that is there, so that it needs no dataset."""
    campaign = stage.campaign
    if campaign.data_handler != DataHandlerName.DATA_DISPATCHER:
        return False
    settings = resolve(stage.data_dispatcher, campaign.defaults.get("data_dispatcher", {}))
    return settings["project_id"] is not None


def settings_for(submission: Submission) -> dict[str, Any]:
    """Return the stage's settings for projects, and what this launch adds; empty where unused."""
    settings = submission.snapshot.content["stage"]["data_dispatcher"]
    if not settings:
        return {}
    again = submission.recovers_id
    recovered = None if again is None else Submission.objects.get(pk=again)
    return {
        **settings,
        "title": title(submission),
        "users": [submission.creator.username],
        "restarts": recovered.project if recovered else "",
        "settled": _settled,
    }


def _settled(projects: Collection[str]) -> list[str]:
    """Return those of the projects whose submissions will process no more."""
    settled = Submission.objects.filter(project__in=projects, status__in=SETTLED)
    return list(settled.values_list("project", flat=True))


def title(submission: Submission) -> str:
    """Return what the project is called for people (attribute ``poms_title``)."""
    content = submission.snapshot.content
    stage, settings = content["stage"]["name"], content["stage"]["data_dispatcher"]
    methodology = settings["methodology"]
    if submission.recovers_id is not None:
        return (
            f"Recovery | stage: {stage} | method: {methodology} | mode: {_mode(submission)}"
            f" | parent_sid: {submission.recovers_id} | pos: {submission.recovery_step}"
        )
    if settings["project_id"]:
        how = "Initial" if methodology == Methodology.ONE_PROJECT else "Project ID Override"
        return f"{stage} | {methodology} | {how} | sid: {submission.pk}"
    if submission.slice_of is not None:
        test = "(Test) " if submission.test else ""
        return f"{test}{stage} | {submission.slice_of.split} | slice: {submission.dataset}"
    if submission.cause == Cause.DEPENDENCY:
        return _title_of_dependency(submission, stage)
    return f"{stage} | {methodology} | Dataset | sid: {submission.pk}"


def _title_of_dependency(submission: Submission, stage: str) -> str:
    feed = submission.fed_by.select_related("edge").first()
    if feed is None or feed.edge is None:  # the edge was deleted since
        return f"{stage} | Dependency | sid: {submission.pk}"
    analysis = submission.stage.creator_role == OwnerRole.ANALYSIS
    who = f"{submission.creator.username} | " if analysis else ""
    return f"{stage} | {who}Dependency {feed.edge.position} for Submission: {feed.parent_id}"


def _mode(submission: Submission) -> str:
    """Return the type of a recovery; of a person's of a finished chain only that it was theirs."""
    step, steps = submission.recovery_step, submission.snapshot.content["job_type"]["recoveries"]
    return str(steps[step][0]) if step is not None and step < len(steps) else "manual"


def _files(submission: Submission) -> Query:
    """Return the input; of a relaunch on Data Dispatcher the very files that were tried before."""
    replaced = Submission.objects.filter(replaced_by=submission).first()
    is_dispatchers = bool(submission.snapshot.content["stage"]["data_dispatcher"])
    if replaced is not None and replaced.project and is_dispatchers:
        return ProjectFiles(replaced.project)
    return Dataset(submission.dataset) if submission.dataset else Nothing()


def _keep_project(submission: Submission, name: str) -> str:
    if submission.project != name:
        Submission.objects.filter(pk=submission.pk).update(project=name)
        submission.project = name
    return name


def _is_dataset(submission: Submission) -> bool:
    """Tell whether the input names files; a slice of a list may be a bare value."""
    split = submission.slice_of and parse_split(submission.slice_of.split)
    if not split or split.reads not in BARE_VALUES:
        return True
    return handler_of_launch(submission.snapshot.content).exists(submission.dataset)

"""From the database: a campaign as a document."""

from typing import Any

from campaigns.documents import Document, Edge, Fields, in_order, keys
from campaigns.documents.defaults import read_defaults
from campaigns.documents.keys import Key
from campaigns.models import Campaign, CampaignDependency, CampaignStage, JobType, LoginSetup

NAMED = ("job_type", "login_setup")


def load(campaign: Campaign) -> Document:
    """Return what ``campaign`` says, in a fixed number of queries."""
    stages = list(campaign.stages.select_related(*NAMED).order_by("pk"))
    document = Document(
        experiment=campaign.experiment.name,
        poms_role=campaign.creator_role,
        campaign={
            **_fields(campaign, keys.CAMPAIGN[:-1]),
            "tags": [tag.name for tag in campaign.tags.all()],
        },
        defaults=read_defaults(campaign.defaults)[0],
        stages={stage.name: load_stage(stage) for stage in stages},
    )
    document.login_setups = {s.name: load_login_setup(s) for s in _used(stages, "login_setup")}
    document.job_types = load_job_types([j.pk for j in _used(stages, "job_type")])
    document.edges = load_edges(stages)
    return document


def load_stage(stage: CampaignStage) -> Fields:
    fields = _fields(stage, keys.STAGE)
    named = {name: fields[name].name for name in NAMED}
    return {**fields, **named, "position": stage.position}


def load_login_setup(setup: LoginSetup) -> Fields:
    return _fields(setup, keys.LOGIN_SETUP)


def load_job_types(ids: list[int]) -> dict[str, Fields]:
    """Return the job types with these ids, by name, in this order."""
    found = JobType.objects.prefetch_related("recoveries").in_bulk(ids)
    return {found[pk].name: load_job_type(found[pk]) for pk in ids}


def load_job_type(job_type: JobType) -> Fields:
    steps = [[step.recovery_type, step.param_overrides] for step in job_type.recoveries.all()]
    return {**_fields(job_type, keys.JOB_TYPE[:-1]), "recoveries": steps}


def load_edges(stages: list[CampaignStage]) -> list[Edge]:
    """Return the edges among ``stages``: by downstream stage, then as they are numbered."""
    names = {stage.pk: stage.name for stage in stages}
    edges = CampaignDependency.objects.filter(upstream__in=names, downstream__in=names)
    made = [
        Edge(names[e.upstream_id], names[e.downstream_id], e.kind, e.file_pattern, e.position)
        for e in edges.order_by("pk")
    ]
    return in_order(made, list(names.values()))


def _fields(item: object, known: tuple[Key, ...]) -> Fields:
    return {key.field: getattr(item, key.field) for key in known}


def _used(stages: list[CampaignStage], part: str) -> list[Any]:
    """Return the job types or login setups of the stages, each once, in order of use."""
    return list(dict.fromkeys(getattr(stage, part) for stage in stages))

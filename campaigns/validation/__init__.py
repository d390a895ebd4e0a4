"""What a campaign may not be: asked by the admin's forms and by whoever imports a campaign file.

The rules are asked of a document (a campaign as plain values), so each can be tried on thousands.
"""

from collections.abc import Callable, Iterator

from campaigns import access
from campaigns.documents import Document, Problem
from campaigns.documents.defaults import read_defaults
from campaigns.documents.loading import load
from campaigns.models import Campaign, CampaignDependency, CampaignStage
from campaigns.validation import dispatcher, graph, stages

__all__ = ["RULES", "problems_of", "validate_campaign"]

RULES: tuple[Callable[[Document], Iterator[Problem]], ...] = (
    graph.ends_of_edges,
    graph.numbers_of_edges,
    graph.circles,
    graph.next_slice_edges,
    graph.joins,
    graph.generators,
    stages.splits,
    stages.placeholders,
    stages.file_patterns,
    stages.software_versions,
    stages.recoveries,
    dispatcher.datasets_or_projects,
)


def validate_campaign(campaign: Campaign) -> list[str]:
    """Return what is wrong with a stored campaign, a sentence each; none where nothing is."""
    problems = [problem.message for problem in problems_of(load(campaign))]
    problems += read_defaults(campaign.defaults)[1]
    problems += _edges_that_leave(campaign)
    for stage in campaign.stages.select_related("campaign__experiment", "job_type", "login_setup"):
        problems += _unusable_parts(stage)
    return list(dict.fromkeys(problems))


def problems_of(document: Document) -> list[Problem]:
    """Return what is wrong with a campaign as it is written down.

    What is no pair of texts, no list of recoveries and the like is for the fields' own validators.
    """
    return [problem for rule in RULES for problem in rule(document)]


def _edges_that_leave(campaign: Campaign) -> list[str]:
    edges = CampaignDependency.objects.select_related("upstream__campaign", "downstream__campaign")
    leaving = edges.filter(upstream__campaign=campaign).exclude(downstream__campaign=campaign)
    coming = edges.filter(downstream__campaign=campaign).exclude(upstream__campaign=campaign)
    return [
        f"edge {edge} goes from campaign {edge.upstream.campaign} to {edge.downstream.campaign}: "
        "an edge stays within one campaign"
        for edge in [*leaving, *coming]
    ]


def _unusable_parts(stage: CampaignStage) -> list[str]:
    reasons = (access.why_not_usable(stage, part) for part in (stage.job_type, stage.login_setup))
    return [f"stage {stage}: {reason}" for reason in reasons if reason]

"""From a document to the database: a campaign is made, or changed until it says the same.

To be called in a transaction that is rolled back when there are problems. What is as it should be
isn't saved again, so that histories show changes only; what stays keeps its row.
"""

from dataclasses import dataclass, field

from django.db.models import ProtectedError

from campaigns.documents import CampaignFileError, Document, Edge, Problem
from campaigns.documents.defaults import dump_defaults, read_defaults
from campaigns.exchange.saving import save_if_changed
from campaigns.exchange.setups import SetupStore
from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    Experiment,
    Experimenter,
    Tag,
)
from campaigns.roles import OwnerRole


@dataclass
class Store:
    """Stores one document for one person; ``problems`` then says what stood in the way."""

    document: Document
    experiment: Experiment
    creator: Experimenter
    creator_role: OwnerRole
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def store(self, existing: Campaign | None) -> Campaign:
        """Make the campaign, or change ``existing``."""
        setups = SetupStore(self.experiment, self.creator, self.creator_role, existing)
        setups.store(self.document)
        campaign = self._store_campaign(existing)
        stages = self._store_stages(campaign, setups)
        self._store_edges(stages)
        self.problems += setups.problems
        self.warnings += setups.warnings
        return campaign

    def _store_campaign(self, existing: Campaign | None) -> Campaign:
        fields = {**self.document.campaign, "defaults": dump_defaults(self.document.defaults)}
        tags = fields.pop("tags")
        campaign = existing or Campaign(
            experiment=self.experiment, creator=self.creator, creator_role=self.creator_role
        )
        if existing and read_defaults(existing.defaults)[0] == self.document.defaults:
            del fields["defaults"]  # written otherwise, but the same
        self.problems += save_if_changed(campaign, fields, "campaign")
        if campaign.pk is None:
            raise CampaignFileError(self.problems)  # nothing can be stored in it
        if sorted(tags) != sorted(tag.name for tag in campaign.tags.all()):
            made = [
                Tag.objects.get_or_create(experiment=self.experiment, name=name)[0] for name in tags
            ]
            campaign.tags.set(made)
        return campaign

    def _store_stages(self, campaign: Campaign, setups: SetupStore) -> dict[str, CampaignStage]:
        there = {
            stage.name: stage for stage in campaign.stages.select_related("job_type", "login_setup")
        }
        for name in there.keys() - self.document.stages.keys():
            self._delete(
                there[name],
                f"stage {name} has been used and may not be deleted: keep it in the file",
            )
        stages = {}
        for name, fields in self.document.stages.items():
            parts = setups.parts_of(name, fields)
            if parts is not None:
                stage = there.get(name) or self._new_stage(campaign, name)
                section = f"campaign_stage {name}"
                role = {"vo_role": stage.fitting_role(fields["vo_role"])}
                self.problems += save_if_changed(stage, {**fields, **parts, **role}, section)
                if stage.pk is not None:
                    stages[name] = stage
        return stages

    def _new_stage(self, campaign: Campaign, name: str) -> CampaignStage:
        """Return a stage that is the team's, or the campaign's owner's, as the campaign is."""
        analysis = campaign.creator_role == OwnerRole.ANALYSIS
        creator = campaign.creator if analysis else self.creator
        return CampaignStage(
            campaign=campaign, name=name, creator=creator, creator_role=campaign.creator_role
        )

    def _store_edges(self, stages: dict[str, CampaignStage]) -> None:
        """Keep the rows of edges that stay: made again, what followed once could follow twice."""
        rows = CampaignDependency.objects.filter(upstream__in=stages.values()).select_related(
            "upstream", "downstream"
        )
        kept, new = _matched(list(rows), self.document.edges)
        for row in rows:
            if row not in kept:
                self._delete(
                    row, f"edge {row} has been used and may not be deleted: keep it in the file"
                )
        for row, edge in kept.items():
            self._save_edge(row, edge)
        for edge in sorted(new, key=lambda edge: edge.position is None):
            if {edge.upstream, edge.downstream} <= stages.keys():
                ends = {"upstream": stages[edge.upstream], "downstream": stages[edge.downstream]}
                row = CampaignDependency(**ends, kind=edge.kind, position=edge.position)
                self._save_edge(row, edge)

    def _save_edge(self, row: CampaignDependency, edge: Edge) -> None:
        fields = {"file_pattern": edge.file_pattern}
        self.problems += save_if_changed(row, fields, f"dependencies {edge.downstream}")

    def _delete(self, item: CampaignStage | CampaignDependency, refusal: str) -> None:
        try:
            item.delete()
        except ProtectedError:
            self.problems.append(Problem(refusal))


def _matched(
    rows: list[CampaignDependency], edges: list[Edge]
) -> tuple[dict[CampaignDependency, Edge], list[Edge]]:
    """Return which rows stay, as which edge, and the edges that are new.

    A numbered edge is the row of its ends and number; one without a number any row of its ends
    whose number nobody asks for.
    """
    asked = {(edge.upstream, edge.position) for edge in edges if edge.position is not None}
    kept: dict[CampaignDependency, Edge] = {}
    new = []
    for edge in edges:
        for row in rows:
            ends = (row.upstream.name, row.downstream.name, row.kind)
            free = row not in kept and ends == (edge.upstream, edge.downstream, edge.kind)
            taken = edge.position is None and (edge.upstream, row.position) in asked
            if free and not taken and edge.position in (None, row.position):
                kept[row] = edge
                break
        else:
            new.append(edge)
    return kept, new

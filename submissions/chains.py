"""A chain as the data handler knows it: an original with its recoveries, and what they made."""

from dataclasses import dataclass
from functools import cached_property

from campaigns.models import CampaignDependency
from campaigns.models.campaigns import EdgeKind, StageType
from campaigns.parameters import fill_keywords
from campaigns.recoveries import Chain as Inputs
from datahandling.base import DataHandler
from datahandling.handlers import handler_for
from datahandling.patterns import matching, patterns
from datahandling.query import (
    Children,
    CreatedAfter,
    Everything,
    MadeBy,
    ProjectFiles,
    Query,
    Unsigned,
    Version,
)
from submissions.models import Submission
from submissions.snapshots import Policy

PASSES_INPUT_ON = frozenset({StageType.APPROVAL, StageType.DATATRANSFER})


@dataclass(frozen=True)
class Chain:
    """An original, its recoveries in order, and the rules it was launched with."""

    original: Submission
    recoveries: tuple[Submission, ...]
    policy: Policy
    handler: DataHandler

    @classmethod
    def of(cls, submission: Submission) -> "Chain":
        """Return the chain that ``submission`` belongs to, read now."""
        rows = Submission.objects.select_related("snapshot", "stage__campaign__experiment", "run")
        original = rows.get(pk=submission.chain_id)
        recoveries = rows.filter(original=original, replaced_by=None).order_by("pk")
        content = original.snapshot.content
        handler = handler_for(content["campaign"]["data_handler"], content["experiment"])
        return cls(original, tuple(recoveries), Policy.of(content), handler)

    @property
    def members(self) -> tuple[Submission, ...]:
        return (self.original, *self.recoveries)

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(member.pk for member in self.members)

    @property
    def passes_input_on(self) -> bool:
        return self.policy.stage_type in PASSES_INPUT_ON

    @cached_property
    def edges(self) -> tuple[CampaignDependency, ...]:
        """Return the edges that leave the stage, as they are at this moment (W6)."""
        edges = CampaignDependency.objects.filter(upstream=self.original.stage_id).select_related(
            "downstream__campaign__experiment", "downstream__job_type", "downstream__login_setup"
        )
        return tuple(edges.order_by("position", "pk"))

    @cached_property
    def feeds(self) -> tuple[CampaignDependency, ...]:
        return tuple(edge for edge in self.edges if edge.kind == EdgeKind.FEEDS)

    def pattern_of(self, edge: CampaignDependency) -> str:
        """Return an edge's pattern with the campaign's keywords, as at launch, filled in."""
        keywords = self.original.snapshot.content["campaign"]["keywords"]
        return fill_keywords(edge.file_pattern, keywords)

    @cached_property
    def required(self) -> tuple[Query, ...]:
        """Return a query per kind of output wanted (W4): of the edges, else of the job type."""
        wanted = [self.pattern_of(edge) for edge in self.feeds]
        wanted = wanted or [self.policy.output_file_patterns]
        kinds = [pattern for text in wanted for pattern in patterns(text)]
        return tuple(self.output(matching(pattern)) for pattern in dict.fromkeys(kinds))

    def output(self, kind: Query | None = None) -> Query:
        """Return what the chain made; where outputs don't say who made them, by lineage (W2)."""
        signed: Query = MadeBy(self.ids)
        made = signed | self._descendants if self.original.project else signed
        return made if kind is None or kind == Everything() else made & kind

    @property
    def _descendants(self) -> Query:
        inputs = ProjectFiles(self.original.project)
        children: Query = (
            Children(inputs, self.policy.depth) & Unsigned() & CreatedAfter(self.original.created)
        )
        return (
            children & Version(self.policy.software_version)
            if self.policy.software_version
            else children
        )

    @cached_property
    def inputs(self) -> Inputs:
        """Return the chain in the words of the query algebra, for completion and recoveries."""
        return self.inputs_of(*self.members)

    def inputs_of(self, *members: Submission) -> Inputs:
        """Return what these members were given, judged by what the whole chain made."""
        return Inputs(
            dataset=self.original.dataset,
            projects=tuple(member.project for member in members if member.project),
            members=self.ids,
            required=self.required,
            depth=self.policy.depth,
        )

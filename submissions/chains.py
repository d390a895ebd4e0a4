"""A chain as the data handler knows it: an original with its recoveries, and what they made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from campaigns.dataservices import handler_of_launch
from campaigns.models import CampaignDependency
from campaigns.models.campaigns import EdgeKind, StageType
from campaigns.parameters import fill_keywords
from campaigns.recoveries import Chain as Inputs
from campaigns.roles import OwnerRole
from datahandling.base import DataHandler
from datahandling.caching import kept, remembered
from datahandling.patterns import matching, patterns
from datahandling.query import (
    Children,
    CreatedAfter,
    Dataset,
    Declared,
    MadeBy,
    ProjectFiles,
    Query,
    Unsigned,
    Version,
    union,
)
from submissions.models import Submission
from submissions.models.submissions import SubmissionQuerySet
from submissions.snapshots import Policy

THIS_MOMENT = timedelta(seconds=1)  # shorter than a look
PASSES_INPUT_ON = frozenset({StageType.APPROVAL, StageType.DATATRANSFER})


@dataclass(frozen=True)
class Chain:
    """An original, its recoveries in order, and the rules it was launched with."""

    original: Submission
    recoveries: tuple[Submission, ...]
    policy: Policy
    handler: DataHandler

    @staticmethod
    def read_with(submissions: SubmissionQuerySet) -> SubmissionQuerySet:
        """Return the same submissions, read with what belongs to the chains that they begin."""
        recoveries = Submission.objects.filter(replaced_by=None).order_by("pk")
        return submissions.select_related(
            "snapshot", "stage__campaign__experiment", "run"
        ).prefetch_related(Prefetch("recoveries", recoveries))

    @classmethod
    def of(cls, submission: Submission, *, just_read: bool = False) -> "Chain":
        """Return the chain that ``submission`` belongs to, read now.

        Not even read again is an original that was ``just_read``, as ``read_with`` does.
        """
        original = submission
        if submission.original_id is not None or not just_read:
            original = cls.read_with(Submission.objects.all()).get(pk=submission.chain_id)
        content = original.snapshot.content
        handler = kept(handler_of_launch(content))
        recoveries = original.recoveries.all()  # but those that were replaced: see read_with
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
    def feeds(self) -> tuple[CampaignDependency, ...]:
        """Return the edges that feed others, as they are at this moment (W6)."""
        stage = self.original.stage_id
        return remembered(("feeds", stage), lambda: tuple(self._feeds()), THIS_MOMENT)

    def feeds_and_stages(self) -> tuple[CampaignDependency, ...]:
        """Return the same, with what launches of the stages behind them read."""
        if not self.feeds:
            return ()
        same = self._feeds().filter(pk__in=[edge.pk for edge in self.feeds])
        return tuple(
            same.select_related(
                "downstream__campaign__experiment",
                "downstream__job_type",
                "downstream__login_setup",
            )
        )

    def _feeds(self) -> QuerySet[CampaignDependency]:
        edges = CampaignDependency.objects.filter(
            upstream=self.original.stage_id, kind=EdgeKind.FEEDS
        )
        return edges.order_by("position", "pk")

    def pattern_of(self, edge: CampaignDependency) -> str:
        """Return an edge's pattern with the campaign's keywords, as at launch, filled in."""
        keywords = self.original.snapshot.content["campaign"]["keywords"]
        return fill_keywords(edge.file_pattern, keywords)

    @property
    def jobs_define_outputs(self) -> bool:
        """Tell whether only the jobs can say what they made: without inputs or a signature."""
        return not self.handler.signs_outputs and not self.original.project

    def dataset_of(self, edge: CampaignDependency) -> str:
        """Return the name of the dataset that goes along ``edge`` (W2)."""
        original = self.original
        analysis = original.stage.creator_role == OwnerRole.ANALYSIS
        owner = f"{original.creator.username}_" if analysis else ""
        return f"poms_{owner}depends_{original.pk}_{edge.position}"

    @cached_property
    def required(self) -> tuple[Query, ...]:
        """Return a query per kind of output wanted (W4): of the edges, else of the job type."""
        if self.jobs_define_outputs:
            names = (self.dataset_of(edge) for edge in self.feeds)
            return tuple(Dataset(name) for name in names if self.handler.exists(name))
        return tuple(self._kind(kind) for kind in self.kinds)

    @property
    def kinds(self) -> tuple[Query, ...]:
        """Return what is wanted as output, whoever made it: of the edges, else of the job type."""
        wanted = [self.pattern_of(edge) for edge in self.feeds]
        wanted = wanted or [self.policy.output_file_patterns]
        named = [pattern for text in wanted for pattern in patterns(text)]
        return tuple(matching(pattern) for pattern in dict.fromkeys(named))

    def check_outputs(self) -> None:
        """Refuse outputs that the data handler can't be asked for. Raises QueryError."""
        for kind in self.kinds:
            self.handler.check(kind & self._since_launch)

    def _kind(self, kind: Query) -> Query:
        """Return what a child must be to count as this kind of output."""
        return self.output(kind) if self.handler.signs_outputs else kind & self._since_launch

    def output(self, kind: Query | None = None) -> Query:
        """Return what the chain made; where outputs don't say who made them, by lineage (W2)."""
        made = self.output_of(*self.members)
        return made if kind is None else made & kind

    def output_of(self, *members: Submission) -> Query:
        """Return what these members made, or what was made of their inputs."""
        return union(self._made(members))

    def _made(self, members: tuple[Submission, ...]) -> Iterator[Query]:
        signs = self.handler.signs_outputs
        if signs:
            yield MadeBy(tuple(member.pk for member in members))
        projects = [ProjectFiles(member.project) for member in members if member.project]
        if projects:
            of_inputs = Children(union(projects), self.policy.depth) & self._since_launch
            yield of_inputs & Unsigned() if signs else of_inputs

    @property
    def _since_launch(self) -> Query:
        """Return all files of the stage's software version that are younger than the launch."""
        younger = CreatedAfter(self.original.created)
        version = self.policy.software_version
        return Version(version) & younger if version else younger

    @property
    def _children(self) -> Query:
        """Return what shows that an input was processed: any output of it, located or not.

        Where outputs aren't signed they may be another stage's over the same files: only what this
        one wants counts.
        """
        if self.handler.signs_outputs:
            return MadeBy(self.ids)
        return union(self.kinds) & self._since_launch & Declared()

    @cached_property
    def inputs(self) -> Inputs:
        """Return the chain in the words of the query algebra, for completion and recoveries."""
        return self.inputs_of(*self.members)

    def inputs_of(self, *members: Submission) -> Inputs:
        """Return what these members were given, judged by what the whole chain made."""
        return Inputs(
            dataset=self.original.dataset,
            projects=tuple(member.project for member in members if member.project),
            children=self._children,
            required=self.required,
            depth=self.policy.depth,
            ended_well=self.handler.ended_well,
            owned_by_others=self.handler.owned_by_others,
        )

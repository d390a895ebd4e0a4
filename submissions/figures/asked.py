"""What figures are asked about: a submission's inputs, and what was made of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import and_

from datahandling.base import DataHandler, NoSuchName, ProjectSummary
from datahandling.query import Children, Declared, Located, Parents, ProjectFiles, Query, union
from submissions.chains import Chain
from submissions.models import Submission


@dataclass(frozen=True)
class Asked:
    """A submission and the chain that it belongs to; the properties say which files (queries).

    Children are judged by what the whole chain made: an input that a recovery cured isn't pending.
    """

    submission: Submission
    chain: Chain

    @classmethod
    def about(cls, submission: Submission) -> "Asked":
        return cls(submission, Chain.of(submission))

    @property
    def handler(self) -> DataHandler:
        return self.chain.handler

    def find_project(self) -> ProjectSummary | None:
        """How far the project is. May raise Unknown; NoSuchName if the one it has isn't there."""
        name = self.submission.project
        found = self.handler.project(name) if name else None
        if name and found is None:
            raise NoSuchName(f"there is no project {name} in {self.handler.experiment}")
        return found

    @cached_property
    def turns(self) -> tuple["Asked", ...]:
        """The chain's members that have a project, of an original that was recovered; else none."""
        members = [member for member in self.chain.members if member.project]
        if self.submission.original_id is not None or len(members) < 2:
            return ()
        return tuple(replace(self, submission=member) for member in members)

    def once_each(self, files: Callable[["Asked"], Query]) -> Query:
        """Those of ``files`` that are so in the last project of the chain that has them."""
        parts = []
        for number, turn in enumerate(self.turns, start=1):
            again = [later.inputs for later in self.turns[number:]]
            parts.append(files(turn) - union(again) if again else files(turn))
        return union(parts)

    @property
    def inputs(self) -> Query:
        return ProjectFiles(self.submission.project)

    @property
    def parents(self) -> Query:
        return Parents(self.inputs)

    @property
    def children(self) -> Query:
        return Children(self.inputs, self.chain.policy.depth)

    @property
    def with_some_children(self) -> Query:
        return self.inputs & self.chain.inputs.on_their_way

    @property
    def with_all_children(self) -> Query:
        return self._with_each_kind(Declared())

    @property
    def with_children_located(self) -> Query:
        return self._with_each_kind(Located())

    @property
    def pending(self) -> Query:
        return self.inputs - self.with_children_located

    def _with_each_kind(self, such: Query) -> Query:
        """The inputs that have, of every kind that the stage wants, a child that is such."""
        depth = self.chain.policy.depth
        having = (Parents(kind & such, depth) for kind in self._required)
        return reduce(and_, having, self.inputs)

    @cached_property
    def _required(self) -> tuple[Query, ...]:
        return self.chain.required

    @property
    def output(self) -> Query:
        """All its declared output, wanted or not, located or not."""
        return self._made & Declared()

    @property
    def available_output(self) -> Query:
        return self._wanted & Located()

    @property
    def awaited_output(self) -> Query:
        """Output that is declared, but not located yet."""
        return (self._wanted - self.available_output) & Declared()

    @property
    def _wanted(self) -> Query:
        """Output of all the kinds that the stage wants."""
        if self.chain.jobs_define_outputs:
            return self._made
        return self._made & union(self.chain.kinds)

    @cached_property
    def _made(self) -> Query:
        """What was made: by an original and its recoveries, or by a recovery alone."""
        if self.chain.jobs_define_outputs:
            return union(self._required)
        is_recovery = self.submission.original_id is not None
        return self.chain.output_of(self.submission) if is_recovery else self.chain.output()

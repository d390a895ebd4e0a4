"""The figures of submissions: how many files are how, in one table per data handler."""

from dataclasses import dataclass, field

from campaigns.models.dataservices import DataHandlerName
from datahandling.query import HANDLE_STATES
from submissions.chains import PASSES_INPUT_ON
from submissions.figures import common, data_dispatcher, sam
from submissions.figures.asked import Asked
from submissions.figures.base import Figure, Number, in_states
from submissions.models import Submission
from submissions.statuses import Status

__all__ = ["FIGURES", "Asked", "Figure", "Found", "figures_for", "find_figures"]

MOST_AWAITED = 200
WITHOUT_FILES = frozenset(
    {Status.NEW, Status.LAUNCH_FAILED, Status.AWAITING_APPROVAL, Status.APPROVED, Status.SKIPPED}
)

FIGURES: dict[str, tuple[Figure, ...]] = {
    DataHandlerName.CATALOGUE: (
        common.FILES,
        common.NOT_SUBMITTED,
        common.RESERVED,
        common.DONE,
        common.FAILED,
        common.PERCENT,
        common.AVAILABLE,
        common.SOME_DECLARED,
        common.ALL_DECLARED,
        common.LOCATED,
        common.PENDING,
    ),
    DataHandlerName.SAM: sam.FIGURES,
    DataHandlerName.DATA_DISPATCHER: data_dispatcher.FIGURES,
}


@dataclass(frozen=True)
class Found:
    """A submission's figures by key, and what else is kept of its files (``FileStatistics``).

    ``chain_figures`` and ``chain_states`` are those of an original with its recoveries, each input
    counted once; empty where its own are the chain's.
    """

    figures: dict[str, Number] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    chain_figures: dict[str, int] = field(default_factory=dict)
    chain_states: dict[str, int] = field(default_factory=dict)
    awaited: list[str] = field(default_factory=list)
    project: dict[str, str] = field(default_factory=dict)


def figures_for(submission: Submission) -> tuple[Figure, ...]:
    """Return the figures that make sense for ``submission``, as it was launched."""
    content = submission.snapshot.content
    passes_input_on = content["stage"]["stage_type"] in PASSES_INPUT_ON
    if submission.status in WITHOUT_FILES or passes_input_on:
        return ()
    kind = content["campaign"]["data_handler"]
    has = bool(submission.project)
    return tuple(figure for figure in FIGURES[kind] if has or not figure.needs_project)


def find_figures(submission: Submission) -> Found:
    """Ask for all figures of ``submission``. May raise Unknown and QueryError."""
    wanted = figures_for(submission)
    if not wanted:
        return Found()
    asked = Asked.about(submission)
    project = asked.find_project()
    found: dict[str, Number] = {}
    for figure in wanted:
        if figure.number is not None and project is not None:
            found[figure.key] = figure.number(project)
        elif figure.files is not None:
            found[figure.key] = asked.handler.count(figure.files(asked))
    states = {state: getattr(project, state) for state in HANDLE_STATES} if project else {}
    of_chain = _chain_figures(asked, wanted), _chain_states(asked)
    return Found(found, states, *of_chain, _awaited(asked), _facts(asked))


def _chain_figures(asked: Asked, wanted: tuple[Figure, ...]) -> dict[str, int]:
    if not asked.turns:
        return {}
    return {
        figure.key: asked.handler.count(asked.once_each(figure.files))
        for figure in wanted
        if figure.once_each and figure.files is not None
    }


def _chain_states(asked: Asked) -> dict[str, int]:
    if not asked.turns:
        return {}
    count = asked.handler.count
    return {state: count(asked.once_each(in_states(state))) for state in HANDLE_STATES}


def _facts(asked: Asked) -> dict[str, str]:
    """Return what the service calls the project, where that isn't what POMS does."""
    name = asked.submission.project
    return asked.handler.project_facts(name) if name and asked.handler.restarts_handles else {}


def _awaited(asked: Asked) -> list[str]:
    """Return the first outputs without a location, where a transfer service may know of them."""
    service = asked.handler.service
    if service is None or not service.fts_url or not asked.handler.knows_locations:
        return []
    return asked.handler.files(asked.awaited_output, limit=MOST_AWAITED)

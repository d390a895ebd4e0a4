"""What a campaign may not be: asked by the admin's forms, by the importer and by the models alike.

The rules are asked of a document (a campaign as plain values), so each can be tried on thousands.
"""

from collections.abc import Callable, Iterator

from campaigns import access
from campaigns.documents import Document, Edge, Fields, Problem
from campaigns.documents.loading import load
from campaigns.models import Campaign, CampaignDependency, CampaignStage
from campaigns.parameters import UnknownPlaceholder, check_placeholders
from campaigns.splits import SplitError, parse_split
from campaigns.splits.base import Split
from datahandling.base import QueryError
from datahandling.handlers import HANDLERS
from datahandling.patterns import matching, patterns

# What each data service can tell of a project's files; one that isn't named here knows all of it.
RECOVERIES = {
    "sam": {
        "consumed_status",
        "process_status",
        "added_files",
        "delivered_not_consumed",
        "pending_files",
    },
    "data_dispatcher": {
        "state_failed",
        "state_not_done",
        "reprocess_orphans",
        "reprocess_all",
        "added_files",
    },
}


LAST_NUMBER = 32_767


def validate_campaign(campaign: Campaign) -> list[str]:
    """Return what is wrong with a stored campaign, a sentence each; an empty list when nothing is."""
    document = load(campaign)
    problems = [problem.message for problem in problems_of(document)]
    problems += _edges_that_leave(campaign)
    for stage in campaign.stages.select_related("campaign", "job_type", "login_setup"):
        problems += _unusable_parts(stage)
    return list(dict.fromkeys(problems))


def problems_of(document: Document) -> list[Problem]:
    """Return what is wrong with a campaign as it is written down."""
    return [problem for rule in RULES for problem in rule(document)]


def _edges_that_leave(campaign: Campaign) -> list[str]:
    edges = CampaignDependency.objects.select_related("upstream__campaign", "downstream__campaign")
    leaving = edges.filter(upstream__campaign=campaign).exclude(downstream__campaign=campaign)
    coming = edges.filter(downstream__campaign=campaign).exclude(upstream__campaign=campaign)
    return [
        f"{edge} joins campaign {edge.upstream.campaign} to {edge.downstream.campaign}: an edge stays within one campaign"
        for edge in leaving.union(coming)
    ]


def _unusable_parts(stage: CampaignStage) -> list[str]:
    reasons = (access.why_not_usable(stage, part) for part in (stage.job_type, stage.login_setup))
    return [f"stage {stage}: {reason}" for reason in reasons if reason]


# The graph


def circles(document: Document) -> Iterator[Problem]:
    """No stage feeds itself, by whatever way."""
    seen: set[str] = set()
    for stage in document.stages:
        way = _way(document, stage, stage)
        if way and seen.isdisjoint(way):
            seen.update(way)
            yield _of_edges(
                stage,
                f"{' → '.join(way)} feed each other in a circle, so none could be the first: "
                "make the edge that closes it a next-slice edge",
            )


def next_slice_edges(document: Document) -> Iterator[Problem]:
    """A next-slice edge goes to a stage whose pass can go on, and come to its end."""
    for edge in document.edges:
        if edge.feeds or edge.downstream not in document.stages:
            continue
        for split in _splits(document.stages[edge.downstream]):
            if split is None:
                yield _of_edges(
                    edge.downstream,
                    f"next-slice edge {edge}: {edge.downstream} has no split, so no next slice",
                )
            elif not split.ends:
                yield _of_edges(
                    edge.downstream,
                    f"next-slice edge {edge}: {split} of {edge.downstream} never ends, so this would launch for ever",
                )
        if document.feeding(edge.downstream) and not _is_ancestor(document, edge):
            yield _of_edges(
                edge.downstream,
                f"next-slice edge {edge}: {edge.downstream} is fed, and isn't above {edge.upstream}, "
                "so it couldn't be told whose slices are meant",
            )


def joins(document: Document) -> Iterator[Problem]:
    """A join has something to join."""
    for name, stage in document.stages.items():
        if stage.get("join") and not document.feeding(name):
            yield _of_stage(
                name,
                "join",
                f"stage {name} is a join, but no stage feeds it: it would never be ripe",
            )


def generators(document: Document) -> Iterator[Problem]:
    """A generator has no input."""
    for name, stage in document.stages.items():
        if stage.get("stage_type") == "generator" and document.feeding(name):
            feeders = ", ".join(edge.upstream for edge in document.feeding(name))
            yield _of_stage(
                name,
                "stage_type",
                f"stage {name} is a generator, which has no input, but is fed by {feeders}",
            )


def ends_of_edges(document: Document) -> Iterator[Problem]:
    """An edge joins stages of the campaign."""
    for edge in document.edges:
        for end in (edge.upstream, edge.downstream):
            if end not in document.stages:
                yield _of_edges(
                    edge.downstream, f"edge {edge}: there is no stage {end} in the campaign"
                )


def numbers_of_edges(document: Document) -> Iterator[Problem]:
    """Feeds edges have numbers of their own among those of a stage; next-slice edges come once."""
    seen: set[tuple[str, object]] = set()
    for edge in document.edges:
        if edge.position is not None and not 1 <= edge.position <= LAST_NUMBER:
            yield _of_edges(
                edge.downstream,
                f"edge {edge}: its number is 1 to {LAST_NUMBER}, not {edge.position}",
            )
        mark = (edge.upstream, edge.position if edge.feeds else edge.downstream)
        if mark in seen and mark[1] is not None:
            what = f"number {edge.position}" if edge.feeds else "next-slice edge"
            yield _of_edges(
                edge.downstream, f"edge {edge}: {edge.upstream} has another {what} already"
            )
        seen.add(mark)


# Single stages


def splits(document: Document) -> Iterator[Problem]:
    """A split can be read, and finds in the dataset what it asks for."""
    for name, stage in document.stages.items():
        for field in ("split_type", "test_split_type"):
            try:
                split = parse_split(stage.get(field))
                if split is not None:
                    _check_input(split, stage, fed=bool(document.feeding(name)))
            except SplitError as error:
                yield _of_stage(name, field, f"stage {name}: {error}")


def placeholders(document: Document) -> Iterator[Problem]:
    """Every %(name)s means something."""
    keywords = document.campaign.get("keywords") or {}
    for section, field, text, known in _texts(document, list(keywords)):
        try:
            check_placeholders(text, known)
        except UnknownPlaceholder as error:
            yield Problem(f"{section.replace('_', ' ')}: {error}", section, field)


def file_patterns(document: Document) -> Iterator[Problem]:
    """The data handler can read every pattern."""
    for edge in document.edges:
        if edge.feeds:
            for reason in _unreadable(document, edge.file_pattern):
                yield _of_edges(edge.downstream, f"edge {edge}: {reason}")
    for name, job_type in document.job_types.items():
        for reason in _unreadable(document, job_type.get("output_file_patterns", "")):
            yield Problem(f"job type {name}: {reason}", f"job_type {name}", "output_file_patterns")


def recoveries(document: Document) -> Iterator[Problem]:
    """The data handler can tell what each recovery asks."""
    service = str(document.campaign.get("data_handler", ""))
    known = RECOVERIES.get(service)
    for name, job_type in document.job_types.items():
        for step, _ in job_type.get("recoveries", ()):
            if known is not None and step not in known:
                yield Problem(
                    f"job type {name}: {service} doesn't know the recovery {step}; it knows {', '.join(sorted(known))}",
                    f"job_type {name}",
                    "recoveries",
                )


Rule = Callable[[Document], Iterator[Problem]]
RULES: tuple[Rule, ...] = (
    ends_of_edges,
    numbers_of_edges,
    circles,
    next_slice_edges,
    joins,
    generators,
    splits,
    placeholders,
    file_patterns,
    recoveries,
)


def _of_stage(stage: str, field: str, message: str) -> Problem:
    return Problem(message, f"campaign_stage {stage}", field)


def _of_edges(downstream: str, message: str) -> Problem:
    return Problem(message, f"dependencies {downstream}")


def _splits(stage: Fields) -> Iterator[Split | None]:
    """Yield the stage's split, and its test split where it has one; what can't be read is left out."""
    for field in ("split_type", "test_split_type"):
        if field == "split_type" or stage.get(field):
            try:
                yield parse_split(stage.get(field))
            except SplitError:
                continue


def _check_input(split: Split, stage: Fields, fed: bool) -> None:
    if not fed:
        split.check_dataset(str(stage.get("dataset", "")))
    elif not split.ends:
        raise SplitError(
            f"it is fed, and {split} never ends, so this would launch for ever: leave the split out"
        )
    elif split.reads != "dataset":
        raise SplitError(
            f"it is fed with files, and {split} reads a {split.reads}: choose another split"
        )


def _is_ancestor(document: Document, edge: Edge) -> bool:
    return edge.upstream == edge.downstream or bool(_way(document, edge.downstream, edge.upstream))


def _way(document: Document, start: str, goal: str) -> list[str]:
    """Return a shortest way along feeds edges from ``start`` to ``goal``, at least one edge long."""
    ways = [[start]]
    met = set()
    while ways:
        ways = [
            [*way, edge.downstream]
            for way in ways
            for edge in document.edges
            if edge.feeds and edge.upstream == way[-1] and edge.downstream not in met
        ]
        for way in ways:
            if way[-1] == goal:
                return way
        met.update(way[-1] for way in ways)
    return []


def _unreadable(document: Document, text: str) -> Iterator[str]:
    handler = HANDLERS.get(str(document.campaign.get("data_handler", "")))
    for pattern in patterns(text) if handler else ():
        try:
            handler(document.experiment).check(matching(pattern))
        except QueryError as error:
            yield str(error)


def _texts(document: Document, keywords: list[str]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield every text that is filled in: (section, field, text, the campaign's names known there)."""
    for field, text in _filled_in(document.defaults, fed=False):
        yield "campaign_defaults", field, text, keywords
    for name, stage in document.stages.items():
        for field, text in _filled_in(stage, fed=bool(document.feeding(name))):
            yield f"campaign_stage {name}", field, text, keywords
    for name, job_type in document.job_types.items():
        yield f"job_type {name}", "launch_script", job_type.get("launch_script", ""), keywords
        for text in _of_pairs(job_type.get("parameters", ())):
            yield f"job_type {name}", "parameters", text, keywords
    for name, setup in document.login_setups.items():
        for field in ("launch_host", "launch_account", "launch_setup"):
            yield f"login_setup {name}", field, setup.get(field, ""), []


def _filled_in(stage: Fields, fed: bool) -> Iterator[tuple[str, str]]:
    for field in ("software_version",) if fed else ("software_version", "dataset"):
        yield field, str(stage.get(field, ""))
    for field in ("param_overrides", "test_param_overrides"):
        for text in _of_pairs(stage.get(field, ())):
            yield field, text


def _of_pairs(pairs: object) -> Iterator[str]:
    """Yield the texts of [[key, value], …]; what isn't that is refused elsewhere."""
    for pair in pairs if isinstance(pairs, list | tuple) else ():
        for text in pair if isinstance(pair, list | tuple) else ():
            if isinstance(text, str):
                yield text

"""Rules for single stages, job types and login setups: what they say can be understood."""

from collections.abc import Iterator

from campaigns.documents import Document, Fields, Problem
from campaigns.parameters import UnknownPlaceholder, check_placeholders, fill_keywords
from campaigns.recoveries import recoveries_listed_on
from campaigns.splits import SplitError, parse_split
from campaigns.splits.base import Split
from datahandling.base import QueryError
from datahandling.handlers import HANDLERS, handler_for
from datahandling.patterns import matching, patterns
from datahandling.query import Query, Version
from datahandling.services import Service


def splits(document: Document) -> Iterator[Problem]:
    """A split can be read, and finds in the dataset what it asks for."""
    for name, stage in document.stages.items():
        for field in ("split_type", "test_split_type"):
            try:
                split = parse_split(stage.get(field))
                if split is not None:
                    _check_input(split, stage, is_fed=bool(document.feeding(name)))
            except SplitError as error:
                yield Problem(f"stage {name}: {error}", f"campaign_stage {name}", field)


def placeholders(document: Document) -> Iterator[Problem]:
    """Every %(name)s means something."""
    keywords = list(document.campaign.get("keywords") or ())
    for section, field, text in _texts(document):
        known = [] if section.startswith("login_setup") else keywords
        try:
            check_placeholders(text, known)
        except UnknownPlaceholder as error:
            yield Problem(f"{section.replace('_', ' ')}: {error}", section, field)


def file_patterns(document: Document) -> Iterator[Problem]:
    """The data handler can read every pattern."""
    for edge in document.edges:
        for reason in _unreadable(document, edge.file_pattern) if edge.feeds else ():
            yield Problem(f"edge {edge}: {reason}", f"dependencies {edge.downstream}")
    for name, job_type in document.job_types.items():
        for reason in _unreadable(document, job_type["output_file_patterns"]):
            yield Problem(f"job type {name}: {reason}", f"job_type {name}", "output_file_patterns")


def software_versions(document: Document) -> Iterator[Problem]:
    """The data handler can be asked for files of every version."""
    keywords = document.campaign.get("keywords") or {}
    for name, stage in document.stages.items():
        version = fill_keywords(str(stage.get("software_version", "")), keywords)
        for reason in _unaskable(document, Version(version)) if version else ():
            yield Problem(f"stage {name}: {reason}", f"campaign_stage {name}", "software_version")


def recoveries(document: Document) -> Iterator[Problem]:
    """The data handler can tell what each recovery asks."""
    service = _service(document)
    known = recoveries_listed_on(service)
    for name, job_type in document.job_types.items():
        for step, _ in job_type["recoveries"]:
            if step not in known:
                message = (
                    f"{service} can't tell what {step} asks; it can {', '.join(sorted(known))}"
                )
                yield Problem(f"job type {name}: {message}", f"job_type {name}", "recoveries")


def _check_input(split: Split, stage: Fields, is_fed: bool) -> None:
    if not is_fed:
        split.check_dataset(str(stage.get("dataset", "")))
    elif not split.ends:
        raise SplitError(f"it is fed, and {split} never ends, so this would launch for ever")
    elif split.reads != "dataset":
        raise SplitError(f"it is fed with files, and {split} reads a {split.reads}")


def _service(document: Document) -> str:
    return str(document.campaign.get("data_handler", ""))


def _unreadable(document: Document, text: str) -> Iterator[str]:
    for pattern in patterns(text):
        yield from _unaskable(document, matching(pattern))


def _unaskable(document: Document, query: Query) -> Iterator[str]:
    kind = _service(document)
    if kind not in HANDLERS:
        return
    # Checking asks nobody, so it does without the address, which may not be known yet.
    handler = handler_for(kind, document.experiment, Service(kind, document.experiment, url=""))
    try:
        handler.check(query)
    except QueryError as error:
        yield str(error)


def _texts(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield every text that is filled in: (section, field, text)."""
    yield from _texts_of_stage("campaign_defaults", document.defaults, is_fed=False)
    for name, stage in document.stages.items():
        is_fed = bool(document.feeding(name))
        yield from _texts_of_stage(f"campaign_stage {name}", stage, is_fed)
    for name, job_type in document.job_types.items():
        yield f"job_type {name}", "launch_script", job_type["launch_script"]
        yield from _texts_of_pairs(f"job_type {name}", "parameters", job_type)
    for name, setup in document.login_setups.items():
        for field in ("launch_host", "launch_account", "launch_setup"):
            yield f"login_setup {name}", field, setup[field]


def _texts_of_stage(section: str, stage: Fields, is_fed: bool) -> Iterator[tuple[str, str, str]]:
    """Yield those of a stage; its dataset doesn't count where it is fed by another stage."""
    for field in ("software_version",) if is_fed else ("software_version", "dataset"):
        yield section, field, str(stage.get(field, ""))
    for field in ("param_overrides", "test_param_overrides"):
        yield from _texts_of_pairs(section, field, stage)


def _texts_of_pairs(section: str, field: str, said: Fields) -> Iterator[tuple[str, str, str]]:
    for pair in said.get(field, ()):
        for text in pair:
            yield section, field, text

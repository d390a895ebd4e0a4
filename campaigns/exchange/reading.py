"""From the text of a campaign file to a document, with all that is wrong on the way."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError

from campaigns.documents import FEEDS, NEXT_SLICE, Document, Edge, Fields, Problem, in_order, keys
from campaigns.documents.defaults import model_defaults
from campaigns.exchange import dialects, ini
from campaigns.exchange.findings import Findings
from campaigns.exchange.ini import Section
from campaigns.models import Campaign, CampaignStage, JobType, LoginSetup
from campaigns.parameters import validate_overrides
from campaigns.recoveries import RECOVERY_TYPES

KINDS = (
    "campaign",
    "campaign_defaults",
    "node_positions",
    "campaign_stage",
    "login_setup",
    "job_type",
    "dependencies",
)
EDGE_KEY = re.compile(r"(?:campaign_stage|file_pattern|kind|position)_(?P<number>[0-9]{1,4})")
PARTS = ("job_type", "login_setup")


def read(text: str) -> tuple[Document, Findings]:
    """Return the document that ``text`` is, and what was found: use it if that is no problem."""
    sections, problems = ini.parse(text)
    sections, more = dialects.modernise(sections)
    findings = Findings([*problems, *more])
    by_kind: dict[str, list[Section]] = defaultdict(list)
    for section in sections:
        by_kind[section.kind].append(section)
        findings.lines[section.title, ""] = section.line
    document = _read_kinds(by_kind, findings)
    for section in sections:
        if section.kind in KINDS:
            findings.refuse_the_rest(section)
        else:
            _refuse_kind(section, findings)
    return document, findings


def _read_kinds(by_kind: dict[str, list[Section]], findings: Findings) -> Document:
    """Read the kinds one after the other: stages need the defaults, edges the order of stages."""
    document = Document()
    listed: list[str] = []
    for section in by_kind["campaign"]:
        listed = _read_campaign(section, document, findings)
    for section in by_kind["campaign_defaults"]:
        document.defaults = findings.take(section, keys.STAGE)
        findings.check(CampaignStage, document.defaults, section)
    positions = dict(
        pair for section in by_kind["node_positions"] for pair in _read_positions(section, findings)
    )
    stages = {
        section.name: _read_stage(section, document, findings)
        for section in by_kind["campaign_stage"]
    }
    document.stages = {name: stages[name] for name in [*listed, *stages] if name in stages}
    for name, fields in document.stages.items():
        fields["position"] = positions.get(name, {})
    document.login_setups = {
        section.name: _read_login_setup(section, findings) for section in by_kind["login_setup"]
    }
    document.job_types = {
        section.name: _read_job_type(section, findings) for section in by_kind["job_type"]
    }
    edges = [edge for section in by_kind["dependencies"] for edge in _read_edges(section, findings)]
    document.edges = in_order(edges, list(document.stages))
    _expect(document, listed, findings)
    return document


def _expect(document: Document, listed: list[str], findings: Findings) -> None:
    if not document.campaign:
        findings.problems.append(Problem("No Campaign section in the file"))
    if not document.stages:
        findings.problems.append(Problem("No Campaign Stage sections in the file"))
    for name in listed:
        if name not in document.stages:
            problem = Problem(
                f"there is no section [campaign_stage {name}]", "campaign", "campaign_stage_list"
            )
            findings.problems.append(findings.located(problem))


def _read_campaign(section: Section, document: Document, findings: Findings) -> list[str]:
    """Read what is said of the campaign itself; return the names of its stages in order."""
    document.experiment = findings.take_text(section, "experiment") or ""
    document.poms_role = findings.take_text(section, "poms_role") or ""
    said = findings.take(section, keys.CAMPAIGN)
    document.campaign = {**model_defaults(Campaign, keys.CAMPAIGN), "tags": [], **said}
    findings.check(Campaign, document.campaign, section)
    tags = document.campaign["tags"]
    if not all(isinstance(tag, str) and 0 < len(tag) <= 100 for tag in tags):
        findings.complain(section, "tags", "a tag is a name of at most 100 characters")
    listed = findings.take_text(section, "campaign_stage_list") or ""
    return list(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))


def _read_stage(section: Section, document: Document, findings: Findings) -> Fields:
    said = findings.take(section, keys.STAGE)
    findings.check(CampaignStage, {"name": section.name, **said}, section)
    fields = {**model_defaults(CampaignStage, keys.STAGE), **document.defaults, **said}
    for part in PARTS:
        if not fields.get(part):
            findings.complain(
                section, part, f"say which {part} it uses, here or in [campaign_defaults]"
            )
    return fields


def _read_login_setup(section: Section, findings: Findings) -> Fields:
    fields = {
        **model_defaults(LoginSetup, keys.LOGIN_SETUP),
        **findings.take(section, keys.LOGIN_SETUP),
    }
    findings.check(LoginSetup, {"name": section.name, **fields}, section)
    return fields


def _read_job_type(section: Section, findings: Findings) -> Fields:
    fields = {**model_defaults(JobType, keys.JOB_TYPE), **findings.take(section, keys.JOB_TYPE)}
    recoveries = fields.pop("recoveries", [])
    findings.check(JobType, {"name": section.name, **fields}, section)
    for reason in _wrong_recoveries(recoveries):
        findings.complain(section, "recoveries", reason)
        recoveries = []
    return {**fields, "recoveries": recoveries}


def _wrong_recoveries(steps: list[object]) -> Iterator[str]:
    """Say what is wrong with a list of [type, overrides]."""
    for step in steps:
        if not isinstance(step, list) or len(step) != 2:
            yield f'{step!r} isn\'t [type, overrides], such as ["consumed_status", []]'
            continue
        if str(step[0]) not in RECOVERY_TYPES:
            yield f"there is no recovery {step[0]!r}; there are {', '.join(RECOVERY_TYPES)}"
        try:
            validate_overrides(step[1])
        except ValidationError as error:
            yield f"{step[0]}: {error.messages[0]}"


def _read_edges(section: Section, findings: Findings) -> Iterator[Edge]:
    numbers = {int(found["number"]) for found in map(EDGE_KEY.fullmatch, section.entries) if found}
    for number in sorted(numbers):
        fields = findings.take(section, keys.EDGE, f"_{number}")
        upstream = fields.get("upstream")
        if not upstream:
            findings.complain(section, f"campaign_stage_{number}", "say which stage comes before")
            continue
        kind = fields.setdefault("kind", NEXT_SLICE if upstream == section.name else FEEDS)
        if kind not in (FEEDS, NEXT_SLICE):
            findings.complain(
                section,
                f"kind_{number}",
                f"an edge {FEEDS} or sets off the {NEXT_SLICE}; it isn't {kind!r}",
            )
        elif kind == NEXT_SLICE and "position" in fields:
            findings.complain(
                section, f"position_{number}", "next-slice edges aren't numbered: leave it out"
            )
        yield Edge(downstream=section.name, **fields)


def _read_positions(section: Section, findings: Findings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read ``nxy0 = ["<stage>", x, y]``."""
    for key in list(section.entries):
        text = findings.take_text(section, key) or ""
        try:
            name, x, y = json.loads(text)
            yield str(name), {"x": x + 0, "y": y + 0}
        except (ValueError, TypeError):
            findings.complain(section, key, 'write a JSON list such as ["reco", 100, -20]')


def _refuse_kind(section: Section, findings: Findings) -> None:
    close = get_close_matches(section.kind, KINDS, n=1)
    hint = f"did you mean [{close[0]}]?" if close else f"there are {', '.join(KINDS)}"
    findings.complain(section, "", f"there is no kind of section {section.kind!r}; {hint}")

"""From a document to the text of a campaign file."""

import json

from campaigns.documents import Document, Edge, Fields, keys
from campaigns.documents.defaults import model_defaults
from campaigns.documents.keys import Key
from campaigns.exchange import ini
from campaigns.models import CampaignStage

Entries = list[tuple[str, str]]

# Marks the file as today's: no percent sign in it is doubled for the file's sake.
FORMAT = ("file_format", "2")


def write(document: Document) -> str:
    """Return the campaign file that reads back as ``document``."""
    sections = [("campaign", _campaign(document))]
    if document.defaults:
        sections.append(("campaign_defaults", _entries(document.defaults, keys.STAGE)))
    sections += [
        (f"campaign_stage {name}", _stage(fields, document.defaults))
        for name, fields in document.stages.items()
    ]
    sections += [
        (f"login_setup {name}", _entries(fields, keys.LOGIN_SETUP))
        for name, fields in document.login_setups.items()
    ]
    sections += [
        (f"job_type {name}", _entries(fields, keys.JOB_TYPE))
        for name, fields in document.job_types.items()
    ]
    sections += [
        (
            f"dependencies {name}",
            _edges([edge for edge in document.edges if edge.downstream == name]),
        )
        for name in dict.fromkeys(edge.downstream for edge in document.edges)
    ]
    positions = _positions(document)
    if positions:
        sections.append(("node_positions", positions))
    return ini.render(sections)


def _campaign(document: Document) -> Entries:
    return [
        FORMAT,
        ("experiment", document.experiment),
        ("poms_role", document.poms_role),
        *_entries(document.campaign, keys.CAMPAIGN),
        ("campaign_stage_list", ",".join(document.stages)),
    ]


def _stage(fields: Fields, defaults: Fields) -> Entries:
    """Return what differs from the campaign's, or else the model's, defaults, and some always."""
    usual = {**model_defaults(CampaignStage, keys.STAGE), **defaults}
    told = [
        key
        for key in keys.STAGE
        if key.name in keys.ALWAYS
        or key.field not in usual
        or usual[key.field] != fields[key.field]
    ]
    return _entries(fields, tuple(told))


def _entries(fields: Fields, known: tuple[Key, ...], suffix: str = "") -> Entries:
    return [
        (key.name + suffix, key.codec.write(fields[key.field]))
        for key in known
        if key.field in fields
    ]


def _edges(edges: list[Edge]) -> Entries:
    entries: Entries = []
    for number, edge in enumerate(edges, start=1):
        said = {"upstream": edge.upstream, "file_pattern": edge.file_pattern, "kind": edge.kind}
        if edge.position is not None:
            said["position"] = str(edge.position)
        entries += _entries(said, keys.EDGE, f"_{number}")
    return entries


def _positions(document: Document) -> Entries:
    placed = [
        (name, fields["position"])
        for name, fields in document.stages.items()
        if fields["position"].keys() >= {"x", "y"}
    ]
    return [
        (f"nxy{number}", json.dumps([name, position["x"], position["y"]], ensure_ascii=False))
        for number, (name, position) in enumerate(placed)
    ]

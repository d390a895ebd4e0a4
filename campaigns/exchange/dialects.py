"""Old campaign files: their words put into today's, before anything is read."""

import json
import re

from campaigns.documents import Problem
from campaigns.documents.codecs import read_json
from campaigns.exchange.ini import Entry, Section

PERCENT = re.compile(r"%%|%\(\w+\)s|%")
LONE_PERCENT = re.compile(r"%(?!\(\w+\)s)")
PATTERN_KEY = re.compile(r"file_pattern_\d+|output_file_patterns")

DATASET = "dataset_or_split_data"
DISPATCHER = "data_dispatcher_settings"
SERVICE = "data_handling_service"
RENAMED = {"stage_methodology": "methodology"}
QUERIES = ("dataset_query", "query")
OF_NO_USE = ("recovery_mode",)  # the job type's list of recoveries says it
OF_STAGES = {"campaign_stage", "campaign_defaults", "sam_defaults"}
APART = {"sam_defaults", "data_dispatcher_defaults"}

# Said in old files about what is kept elsewhere now, or no longer.
FORGOTTEN = {
    "campaign_stage": ("state", "cs_last_split", SERVICE, "experiment", "poms_role", "name"),
    "campaign_defaults": ("state", "cs_last_split", "experiment", "poms_role"),
}


def modernise(sections: list[Section]) -> tuple[list[Section], list[Problem]]:
    """Return the sections as today's files would say it, and what of them is malformed."""
    if not _is_marked(sections) and _doubles_percent_signs(sections):
        _halve_percent_signs(sections)
    problems: list[Problem] = []
    is_dispatchers = _says_dispatcher(sections)
    for section in sections:
        if section.kind in OF_STAGES:
            _take_dataset(section)
            problems += _take_sam_settings(section)
            _gather_dispatcher(section, "data_dispatcher_")
        elif section.kind == "data_dispatcher_defaults":
            _gather_dispatcher(section, "")
        _modernise_dispatcher(section, is_dispatchers)
        for key in FORGOTTEN.get(section.kind, ()):
            section.take(key)
    return _with_one_place_for_defaults(sections), problems


# Percent signs


def _is_marked(sections: list[Section]) -> bool:
    """Say whether the file was written as it is now, every percent sign being meant."""
    return any(section.kind == "campaign" and section.take("file_format") for section in sections)


def _doubles_percent_signs(sections: list[Section]) -> bool:
    """Say whether the file has literal percent signs, and doubles them all."""
    values = (entry.value for section in sections for entry in section.entries.values())
    literal = [sign for value in values for sign in PERCENT.findall(value) if sign in {"%", "%%"}]
    return "%%" in literal and "%" not in literal


def _halve_percent_signs(sections: list[Section]) -> None:
    for section in sections:
        for key, entry in section.entries.items():
            entry.value = _halved(key, entry.value)


def _halved(key: str, value: str) -> str:
    """Halve the percent signs; in what is filled in, a sign that is meant itself stays doubled."""
    halved = value.replace("%%", "%")
    return halved if PATTERN_KEY.fullmatch(key) else LONE_PERCENT.sub("%%", halved)


# What was said by other keys


def _take_dataset(section: Section) -> None:
    """Read the key ``dataset`` of the first files."""
    entry = section.take("dataset")
    if entry is not None:
        section.entries.setdefault(DATASET, entry)


def _take_sam_settings(section: Section) -> list[Problem]:
    """Read ``sam_settings``, a JSON object with the dataset."""
    entry = section.take("sam_settings")
    if entry is None:
        return []
    try:
        settings = read_json(entry.value)
    except ValueError as error:
        return [Problem(str(error), section.title, "sam_settings", entry.line)]
    if not isinstance(settings, dict):
        return [Problem("write a JSON object", section.title, "sam_settings", entry.line)]
    if settings.get(DATASET) is not None:
        section.entries.setdefault(DATASET, Entry(str(settings[DATASET]), entry.line))
    return []


def _gather_dispatcher(section: Section, prefix: str) -> None:
    """Put plain keys of Data Dispatcher settings into the one that holds them all."""
    plain = [key for key in section.entries if key.startswith(prefix) and key != DISPATCHER]
    taken = {key.removeprefix(prefix): section.entries.pop(key) for key in plain}
    if taken and DISPATCHER not in section.entries:
        settings = {key: _value(entry.value) for key, entry in taken.items()}
        section.entries[DISPATCHER] = Entry(
            json.dumps(settings), min(entry.line for entry in taken.values())
        )


def _says_dispatcher(sections: list[Section]) -> bool:
    entries = (section.entries.get(SERVICE) for section in sections)
    return any(entry is not None and entry.value == "data_dispatcher" for entry in entries)


def _modernise_dispatcher(section: Section, is_dispatchers: bool) -> None:
    """Put Data Dispatcher's settings into today's words; its query is the stage's dataset now."""
    entry = section.entries.get(DISPATCHER)
    settings = _value(entry.value) if entry is not None else None
    if entry is None or not isinstance(settings, dict):
        return  # said where it is read
    for name in OF_NO_USE:
        settings.pop(name, None)
    queries = [settings.pop(name, None) for name in QUERIES]
    for query in filter(None, queries):
        if is_dispatchers:
            section.entries[DATASET] = Entry(str(query), entry.line)
        else:
            section.entries.setdefault(DATASET, Entry(str(query), entry.line))
    renamed = {RENAMED.get(name, name): value for name, value in settings.items()}
    section.entries[DISPATCHER] = Entry(json.dumps(renamed), entry.line)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None if text in {"", "None"} else text


def _with_one_place_for_defaults(sections: list[Section]) -> list[Section]:
    """Move defaults of services to [campaign_defaults], and which service it is to [campaign]."""
    kept = [section for section in sections if section.kind not in APART]
    for section in sections:
        if section.kind in APART:
            _give(kept, "campaign_defaults", section)
    for section in kept:
        service = section.take(SERVICE) if section.kind == "campaign_defaults" else None
        if service is not None:
            _give(kept, "campaign", Section("", "", section.line, {SERVICE: service}))
    return kept


def _give(sections: list[Section], kind: str, given: Section) -> None:
    """Add the entries of ``given`` to that kind of section, as far as it doesn't say them."""
    target = next((section for section in sections if section.kind == kind), None)
    if target is None:
        sections.append(Section(kind, "", given.line, given.entries))
        return
    for key, entry in given.entries.items():
        target.entries.setdefault(key, entry)

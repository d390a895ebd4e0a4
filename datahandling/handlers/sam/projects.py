"""SAM's summaries of projects, in POMS's words."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from datahandling.base import ProjectSummary
from datahandling.errors import Unknown
from datahandling.handlers.sam.statuses import DONE, FAILED, RESERVED, STATE_OF
from datahandling.storable import is_count

FACTS = {
    "project_status": "status",
    "station_name": "station",
    "project_start_time": "started",
    "project_end_time": "ended",
    "dataset_def_name": "dataset",
    "snapshot_id": "snapshot",
}


def summed_up(summary: Mapping[str, Any]) -> ProjectSummary:
    """Return the counts of a summary, whether it has them for the project or for each process.

    Its ``details`` are the counts of ``consumed_status``. Unknown if it says no counts.
    """
    counts = _file_counts(summary)
    in_state: Counter[str] = Counter()
    for status, state in STATE_OF.items():
        in_state[state] += counts.get(status, 0)
    files = _number(summary, "files_in_snapshot")
    return ProjectSummary(
        files=files,
        initial=max(files - in_state.total(), 0),
        reserved=in_state[RESERVED],
        done=in_state[DONE],
        failed=in_state[FAILED],
        details=counts,
    )


def facts(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return what a summary tells beside counts, for people."""
    return {label: str(summary[key]) for key, label in FACTS.items() if summary.get(key)}


def _file_counts(summary: Mapping[str, Any]) -> dict[str, int]:
    counts, processes = summary.get("file_counts"), summary.get("processes")
    if counts is not None:
        return _counts(summary, counts)
    if not isinstance(processes, list):
        raise _no_counts(summary)
    total: Counter[str] = Counter()
    for process in processes:
        if not isinstance(process, dict):
            raise _no_counts(summary)
        total.update(_counts(summary, process.get("counts")))
    return dict(total)


def _counts(summary: Mapping[str, Any], said: Any) -> dict[str, int]:
    if not isinstance(said, dict):
        raise _no_counts(summary)
    return {name: _number(said, name) for name in said}


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not is_count(value):
        raise Unknown(f"SAM's summary of a project says {value!r} for {name}, which is no count")
    return value


def _no_counts(summary: Mapping[str, Any]) -> Unknown:
    return Unknown(f"SAM's summary of {summary.get('project_name')} says no counts of files")

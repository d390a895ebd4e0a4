"""What MetaCat tells of one file, in POMS's words."""

from datetime import UTC, datetime
from typing import Any

from datahandling.errors import Unknown
from datahandling.handlers.data_dispatcher.evaluating import MANY, Evaluator, is_long
from datahandling.handlers.data_dispatcher.keys import SUBRUNS_OF_A_RUN, Keys
from datahandling.handlers.data_dispatcher.lists import Listed
from datahandling.handlers.data_dispatcher.metacat import File, MetaCat, batches
from datahandling.handlers.data_dispatcher.rendering import render
from datahandling.query import Fragment, Query, intersection
from datahandling.runs import format_run


def first_run(evaluator: Evaluator, query: Query) -> str | None:
    """Return the run of the first file, in the declared order, that has one."""
    keys = evaluator.keys
    has_run = Fragment(f"{keys.runs} present or {keys.subruns} present")
    pieces = [query]
    if is_long(query):
        names = evaluator.in_order(query)
        pieces = [Listed(frozenset(some)) for some in batches(names, MANY)]
    for piece in pieces:
        text = render(intersection([piece, has_run]), keys)
        found = evaluator.metacat.find(f"({text}) ordered limit 1", metadata=True)
        if found:
            return run_of(found[0], keys)
    return None


def run_of(file: File, keys: Keys) -> str | None:
    """Return ``4321``, or with the subrun ``4321.0007`` where the file has just one."""
    subruns = _numbers(file.metadata.get(keys.subruns))
    runs = _numbers(file.metadata.get(keys.runs))
    try:
        if len(subruns) == 1 and subruns[0] >= SUBRUNS_OF_A_RUN:
            return format_run(*divmod(subruns[0], SUBRUNS_OF_A_RUN))
        return format_run(runs[0], None) if runs else None
    except ValueError as error:
        raise Unknown(f"MetaCat says that {file.name} is of run {runs}, which is none") from error


def _numbers(said: Any) -> list[int]:
    several = said if isinstance(said, list) else [said]
    return [one for one in several if isinstance(one, int) and not isinstance(one, bool)]


def known_of(file: File, metacat: MetaCat, keys: Keys) -> dict[str, Any]:
    """Return what is known of a file, with its parents' full names in the declared order."""
    parents = metacat.files("fid", file.parents) if file.parents else []
    checksums = [f"{kind}:{value}" for kind, value in sorted(file.checksums.items())]
    return {
        "name": file.name,
        "fid": file.fid,
        "size": file.size,
        "checksum": ", ".join(checksums),
        "created_at": datetime.fromtimestamp(file.created, UTC).isoformat(),
        "made_by_submission": None,
        "version": str(file.metadata.get(keys.version) or ""),
        "locations": [],
        "parents": [parent.name for parent in parents],
        "metadata": file.metadata,
    }

"""``/data/query``: a query in MQL, answered by upstream's parser, optimiser and SQL."""

from __future__ import annotations

from typing import Any, Optional

from werkzeug.wrappers import Response

from poms_client.testing.engine import metacat
from poms_client.testing.metacat.names import checked, owned, split
from poms_client.testing.web import Call, Refusal, as_json, as_sequence

SUMMARIES = ("count", "keys", None)


def query(call: Call) -> Response:
    """Run it. With ``save_as``, the dataset is made before the query is even parsed."""
    summary, namespace = call.argument("summary"), call.argument("namespace")
    if summary not in SUMMARIES:
        raise Refusal(400, f"Unsupported summary type: {summary}")
    checked(namespace)
    words = call.argument("query") or call.request.get_data(as_text=True)
    dataset = _dataset_to_fill(call, namespace)
    if not words:
        return as_json([])
    with_meta = (summary is None and call.says_yes("with_meta")) or summary == "keys"
    with_provenance = summary is None and call.says_yes("with_provenance")
    kind, found = run(
        call,
        words,
        namespace,
        with_meta=with_meta,
        with_provenance=with_provenance,
        include_retired_files=call.says_yes("include_retired_files"),
    )
    if kind != "file":
        return as_sequence([each.to_jsonable(with_relatives=with_provenance) for each in found])
    if summary == "count":
        count, size = found.counts()
        return as_json({"count": count, "total_size": size})
    if summary == "keys":
        return as_json(list(found.metadata_keys()))
    files = list(found)
    if dataset is not None:
        dataset.add_files(files)
    return as_sequence(
        [
            each.to_jsonable(with_metadata=with_meta, with_provenance=with_provenance)
            for each in files
        ]
    )


def run(call: Call, words: str, namespace: Optional[str] = None, **options: Any) -> tuple[str, Any]:
    """Return what kind of query it is, and upstream's files or datasets.

    :raises Refusal: 400, ``MQLSyntaxError: …`` or its like.
    """
    retired = options.pop("include_retired_files", False)
    try:
        parsed = metacat.mql.MQLQuery.parse(
            words, db=call.db, default_namespace=namespace, include_retired_files=retired
        )
        found = parsed.run(call.db, filters=FILTERS, **options)
    except (AssertionError, ValueError, metacat.mql.MQLError) as error:
        said = getattr(error, "Message", error)
        raise Refusal(400, f"{type(error).__name__}: {said}") from error
    return parsed.Type, found


def files_of(
    call: Call, words: str, namespace: Optional[str] = None, *, with_meta: bool = False
) -> Any:
    """Return the files that a query selects.

    :raises Refusal: 400, for one that isn't a query for files too.
    """
    kind, found = run(call, words, namespace, with_meta=with_meta, with_provenance=False)
    if kind != "file":
        raise Refusal(400, f"Invalid file query: {words}")
    return found


def _dataset_to_fill(call: Call, namespace: Optional[str]) -> Any:
    """Return the dataset of ``save_as`` or ``add_to``, or None; one to be saved has no creator."""
    save_as, add_to = call.argument("save_as"), call.argument("add_to")
    if not (save_as or add_to):
        return None
    user = call.user()
    pair = split(save_as or add_to, namespace)
    if not owned(call, pair[0], user):
        raise Refusal(403, f"Permission to create a dataset in the namespace {pair[0]} denied")
    there = metacat.db.DBDataset.get(call.db, *pair)
    if not save_as:
        if there is None:
            raise Refusal(404, f"Dataset {':'.join(pair)} does not exist")
        return there
    if there is not None:
        raise Refusal(409, f"Dataset {':'.join(pair)} already exists")
    return metacat.db.DBDataset(call.db, *pair).create()


class _Sample:
    """``filter sample(0.5) (…)``, as upstream ships it: each file with that probability."""

    def run(self, queries: Any, params: list[float], *rest: Any, **options: Any) -> Any:
        """Take files evenly, so that the same query has the same answer."""
        fraction, taken = params[0], 0
        for number, file in enumerate(queries[0], start=1):
            if taken < number * fraction:
                taken += 1
                yield file


FILTERS = {"sample": _Sample()}

ENDPOINTS = {"/data/query": query}

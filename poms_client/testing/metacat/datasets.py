"""Datasets and what is in them: ``/data/dataset…``, ``/data/add_files`` and its opposite."""

from __future__ import annotations

from typing import Any, Optional

from werkzeug.wrappers import Response

from poms_client.testing.engine import metacat
from poms_client.testing.metacat.names import owned, split
from poms_client.testing.metacat.queries import files_of
from poms_client.testing.web import Call, Refusal, as_json, as_sequence, text


def find(call: Call, did: Optional[str], namespace: Optional[str] = None, status: int = 404) -> Any:
    """Return upstream's dataset.

    :raises Refusal: with ``status``, when there is none.
    """
    found = metacat.db.DBDataset.get(call.db, *split(did, namespace))
    if found is None:
        raise Refusal(status, "Dataset not found")
    return found


def create(call: Call) -> Response:
    user, wanted = call.user(), call.body()
    namespace, name = split(wanted["name"], wanted["namespace"])
    if not owned(call, namespace, user):
        raise Refusal(403, "Permission denied")
    if metacat.db.DBDataset.get(call.db, namespace, name) is not None:
        raise Refusal(409, "Already exists")
    metadata = wanted.get("metadata") or {}
    refuse_uncategorised(metadata)
    query = wanted.get("files_query")
    files = list(files_of(call, query, namespace, with_meta=True)) if query else []
    dataset = metacat.db.DBDataset(
        call.db,
        namespace,
        name,
        frozen=wanted.get("frozen", False),
        monotonic=wanted.get("monotonic", False),
        metadata=metadata,
        file_meta_requirements=wanted.get("file_meta_requirements"),
        creator=user.Username,
        description=wanted.get("description", ""),
    )
    dataset.create()
    dataset.FileCount = dataset.add_files(files) if files else 0
    return as_json(dataset.to_jsonable())


def refuse_uncategorised(metadata: dict[str, Any]) -> None:
    for key in metadata:
        if "." not in key:
            raise Refusal(400, f"Metadata parameter without a category: {key}")


def update(call: Call) -> Response:
    user, said = call.user(refuse=403), call.body()
    dataset = find(call, call.argument("dataset"))
    if not owned(call, dataset.Namespace, user):
        raise Refusal(403, f"Permission to update dataset in namespace {dataset.Namespace} denied")
    if "metadata" in said:
        before = dataset.Metadata if said.get("mode", "update") == "update" else {}
        dataset.Metadata = {**before, **said["metadata"]}
        refuse_uncategorised(dataset.Metadata)
    dataset.Monotonic = said.get("monotonic", dataset.Monotonic)
    dataset.Frozen = said.get("frozen", dataset.Frozen)
    dataset.Description = said.get("description", dataset.Description)
    dataset.save(updated_by=user.Username)
    return as_json(dataset.to_jsonable())


def one(call: Call) -> Response:
    dataset = find(call, call.argument("dataset") or call.rest)
    exact = call.says_yes("exact_file_count")
    return as_json({**dataset.to_jsonable(), "file_count": dataset.nfiles(exact)})


def every(call: Call) -> Response:
    found = list(metacat.db.DBDataset.list(call.db))
    if call.says_yes("with_file_counts"):
        for each in found:
            each.FileCount = each.nfiles(exact=True)
    return as_json([each.to_jsonable() for each in found])


def counts(call: Call) -> Response:
    """Count files and relatives; a dataset that there isn't has none of them."""
    namespace, name = split(call.argument("dataset"))
    dataset = metacat.db.DBDataset(call.db, namespace, name)
    return as_json(
        {
            "dataset": dataset.did(),
            "file_count": dataset.nfiles(call.says_yes("exact_file_count", "yes")),
            "parent_count": dataset.parent_count(),
            "child_count": dataset.child_count(),
            "superset_count": dataset.ancestor_count(),
            "subset_count": dataset.subset_count(),
        }
    )


def files(call: Call) -> Response:
    dataset = find(call, call.argument("dataset") or call.rest)
    with_metadata = call.says_yes("with_metadata")
    found = dataset.list_files(
        with_metadata=with_metadata,
        include_retired_files=call.says_yes("include_retired_files"),
    )
    return as_sequence([each.to_jsonable(with_metadata=with_metadata) for each in found])


def add_child(call: Call) -> Response:
    user = call.user()
    parent, child = find(call, call.argument("parent")), find(call, call.argument("child"))
    if not owned(call, parent.Namespace, user):
        raise Refusal(403, "Permission denied")
    if any(each.did() == child.did() for each in parent.ancestors()):
        raise Refusal(
            400, "Circular connection detected - child dataset is already an ancestor of the parent"
        )
    if not any(each.did() == child.did() for each in parent.children()):
        parent.add_child(child)
    return text("OK")


def remove(call: Call) -> Response:
    user = call.user(refuse=403)
    dataset = find(call, call.argument("dataset") or call.rest)
    if not owned(call, dataset.Namespace, user):
        raise Refusal(403, "Permission denied")
    dataset.delete()
    return text("OK")


def add_files(call: Call) -> Response:
    said = call.body()
    dataset = _to_change(call, call.argument("dataset"), said)
    added = dataset.add_files(_named(call, said), validate_meta=False)
    return as_json({"files_added": added})


def remove_files(call: Call) -> Response:
    said = call.body()
    dataset = _to_change(call, said.get("dataset_name"), said, said.get("dataset_namespace"))
    if dataset.Monotonic:
        raise Refusal(403, "Dataset is monotonic")
    return as_json({"files_removed": dataset.remove_files(_named(call, said))})


def _to_change(
    call: Call, did: Optional[str], said: dict[str, Any], namespace: Optional[str] = None
) -> Any:
    user = call.user(refuse=403)
    if bool(said.get("file_list")) == bool(said.get("query")):
        raise Refusal(400, "Either file list or query must be specified, but not both")
    dataset = find(call, did, namespace or said.get("namespace"))
    if not owned(call, dataset.Namespace, user):
        raise Refusal(403, f"Permission to add files dataset {did} denied")
    if dataset.Frozen:
        raise Refusal(403, "Dataset is frozen")
    return dataset


def _named(call: Call, said: dict[str, Any]) -> list[Any]:
    """Return upstream's files that are listed, as far as they exist, or that a query selects."""
    if said.get("query"):
        return list(files_of(call, said["query"]))
    return list(metacat.db.DBFile.get_files(call.db, said["file_list"]))


ENDPOINTS = {
    "/data/create_dataset": create,
    "/data/update_dataset": update,
    "/data/dataset": one,
    "/data/datasets": every,
    "/data/dataset_counts": counts,
    "/data/dataset_files": files,
    "/data/add_child_dataset": add_child,
    "/data/remove_dataset": remove,
    "/data/add_files": add_files,
    "/data/remove_files": remove_files,
}

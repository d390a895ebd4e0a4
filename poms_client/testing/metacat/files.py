"""Files: looking them up, changing and retiring them (``declaring`` has how they come in)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from poms_client.testing.engine import metacat
from poms_client.testing.metacat.names import checked, owned, split
from poms_client.testing.web import Call, Refusal, as_json, as_sequence


def one(call: Call) -> Response:
    did, fid = call.argument("did"), call.argument("fid")
    if call.rest:
        did, fid = (call.rest, fid) if ":" in call.rest else (did, call.rest)
    checked(fid)
    if fid:
        found = metacat.db.DBFile.get(call.db, fid=fid)
    else:
        pair = split(did or call.argument("name"), call.argument("namespace"))
        found = metacat.db.DBFile.get(call.db, namespace=pair[0], name=pair[1])
    if found is None:
        raise Refusal(404, "File not found")
    return as_json(
        found.to_jsonable(
            with_metadata=call.says_yes("with_metadata", "yes"),
            with_provenance=call.says_yes("with_provenance", "yes"),
            with_datasets=call.says_yes("with_datasets"),
        )
    )


def several(call: Call) -> Response:
    """Those of the list that exist; the others aren't mentioned."""
    with_metadata = call.says_yes("with_metadata")
    with_provenance = call.says_yes("with_provenance")
    wanted = [metacat.util.ObjectSpec(each) for each in call.body()]
    for each in wanted:
        checked(each.Namespace, each.Name, each.FID)
    found = list(metacat.db.DBFile.get_files(call.db, [each.as_dict() for each in wanted]))
    return as_sequence(
        [
            each.to_jsonable(with_metadata=with_metadata, with_provenance=with_provenance)
            for each in found
        ]
    )


def update(call: Call) -> Response:
    """Change metadata, checksums, size and relatives; mode ``replace`` forgets what was."""
    user, said = call.user(refuse=403), call.body()
    file = _to_change(call, said, user)
    keep = said.get("mode", "add-update") == "add-update"
    for key, attribute in (("metadata", "Metadata"), ("checksums", "Checksums")):
        if key in said:
            before = getattr(file, attribute) or {} if keep else {}
            setattr(file, attribute, {**before, **said[key]})
    if bad := [key for key in file.Metadata if "." not in key]:
        return invalid([{"message": f"Metadata parameter without a category: {bad[0]}"}])
    if "parents" in said:
        relate = file.add_parents if keep else file.set_parents
        relate(list(metacat.db.DBFile.get_files(call.db, said["parents"])))
    if "children" in said:
        relate = file.add_children if keep else file.set_children
        relate(list(metacat.db.DBFile.get_files(call.db, said["children"])))
    file.Size = said.get("size", file.Size or 0)
    file.update(user)
    return as_json(file.to_jsonable(with_metadata=True, with_provenance=True))


def retire(call: Call) -> Response:
    user, said = call.user(refuse=403), call.body()
    file = _to_change(call, said, user)
    if said["retire"] != file.Retired:
        file.set_retire(said["retire"], user.Username)
    return as_json(file.to_jsonable())


def delete(call: Call) -> Response:
    user = call.user(refuse=403)
    file = _to_change(call, call.body(), user)
    file.delete()
    return as_json({"fid": file.FID})


def invalid(errors: list[dict[str, Any]], message: str = "Metadata validation errors") -> Response:
    """Answer 488, which the clients take for wrong metadata."""
    response = as_json({"message": message, "metadata_errors": errors})
    response.status_code = 488
    return response


def _to_change(call: Call, said: dict[str, Any], user: Any) -> Any:
    spec = metacat.util.ObjectSpec.from_dict(said)
    checked(spec.Namespace, spec.Name, spec.FID)
    key = {"fid": spec.FID} if spec.FID else {"namespace": spec.Namespace, "name": spec.Name}
    file = metacat.db.DBFile.get(call.db, with_metadata=True, **key)
    if file is None:
        raise Refusal(404, "File not found")
    if not owned(call, file.Namespace, user):
        raise Refusal(403, f"Permission to manage files in namespace {file.Namespace} denied")
    return file


ENDPOINTS = {
    "/data/file": one,
    "/data/files": several,
    "/data/update_file": update,
    "/data/retire_file": retire,
    "/data/delete_file": delete,
}

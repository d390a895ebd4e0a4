"""``/data/declare_files``: new files, into a dataset; all of a list or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from werkzeug.wrappers import Response

from poms_client.testing.engine import metacat
from poms_client.testing.metacat.files import invalid
from poms_client.testing.metacat.names import checked, owned, split
from poms_client.testing.web import Call, Refusal, as_json

Json = dict[str, Any]


def declare(call: Call) -> Response:
    user = call.user()
    dataset = _dataset(call, user)
    wanted = call.body() if call.request.get_data() else []
    if not wanted:
        raise Refusal(400, "Empty file list")
    batch = Batch(call, dataset, user)
    for number, said in enumerate(wanted):
        batch.take(number, said)
    batch.resolve_parents()
    if batch.errors:
        return invalid(batch.errors, "Invalid file data")
    if call.says_yes("dry_run"):
        names = [
            {"name": each.Name, "namespace": each.Namespace, "fid": each.FID}
            for each in batch.files
        ]
        response = as_json(names)
        response.status_code = 202
        return response
    return as_json([each.to_jsonable(with_metadata=True) for each in batch.store()])


def _dataset(call: Call, user: Any) -> Any:
    if call.argument("dataset") is None:
        raise Refusal(400, "Dataset not specified")
    namespace, name = split(call.argument("dataset"), call.argument("namespace"))
    if not owned(call, namespace, user):
        raise Refusal(403, f"Permission to add files to dataset {namespace}:{name} denied")
    dataset = metacat.db.DBDataset.get(call.db, namespace, name)
    if dataset is None:
        raise Refusal(400, f"Dataset {namespace}:{name} does not exist")
    return dataset


@dataclass
class Batch:
    """The files of one call, and what is wrong with them."""

    call: Call
    dataset: Any
    user: Any
    files: list[Any] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)

    def take(self, number: int, said: Json) -> None:
        problem, details = self._problem(said)
        if problem is not None:
            error = {"index": number, "fid": said.get("fid"), "message": problem}
            self.errors.append({**error, "metadata_errors": details} if details else error)
            return
        namespace, name = self._name(said)
        file = metacat.db.DBFile(
            self.call.db,
            namespace=namespace,
            name=name,
            fid=said.get("fid"),
            metadata=said.get("metadata", {}),
            size=said["size"],
            checksums=said.get("checksums"),
            creator=self.user.Username,
        )
        file.Parents = said.get("parents") or []
        self.files.append(file)

    def resolve_parents(self) -> None:
        """Turn parents into ids; one that nobody knows is an error."""
        specs = [_spec(each) for file in self.files for each in file.Parents]
        known = {}
        if any(not each.FID for each in specs):
            named = [each.as_dict() for each in specs if not each.FID]
            for found in metacat.db.DBFile.get_files(self.call.db, named):
                known[found.Namespace, found.Name] = found.FID
        for number, file in enumerate(self.files):
            parents = [_spec(each) for each in file.Parents]
            file.Parents = [each.FID or known.get((each.Namespace, each.Name)) for each in parents]
            for each, fid in zip(parents, file.Parents):
                if fid is None:
                    message = f"Can not get file id for parent: {each.Namespace}:{each.Name}"
                    self.errors.append({"index": number, "message": message})

    def store(self) -> Any:
        """Declare them and put them into the dataset.

        :raises Refusal: 409, naming those that there are already.
        """
        with self.call.db.transaction() as transaction:
            try:
                stored = metacat.db.DBFile.create_many(
                    self.call.db, self.files, self.user.Username, transaction=transaction
                )
            except metacat.db.IntegrityError as error:
                raise Refusal(409, self._conflict(error)) from error
            self.dataset.add_files(self.files, validate_meta=False, transaction=transaction)
            transaction.commit()
        return stored

    def _conflict(self, error: Exception) -> str:
        there = list(metacat.db.DBFile.get_files(self.call.db, self.files))
        if not there:
            return f"Integrity error: {error}"
        lines = [f"  {each.did()}" for each in there]
        return "\n".join(["The following files already exist:", *lines])

    def _name(self, said: Json) -> tuple[Optional[str], Optional[str]]:
        namespace = said.get("namespace", self.call.argument("namespace"))
        if said.get("name") is None and "did" in said:
            return split(said["did"], namespace)
        return namespace, said.get("name")

    def _problem(self, said: Json) -> tuple[Optional[str], list[Json]]:
        """Return what is wrong with a description, and the details if that is its metadata."""
        namespace, name = self._name(said)
        checked(namespace, name, said.get("fid"))
        if said.get("size") is None:
            return "Missing file size", []
        if name is None:
            return "Missing name and auto_name", []
        if not namespace:
            return "Missing namespace", []
        if not owned(self.call, namespace, self.user):
            return f"Permission to declare files in namespace {namespace} denied", []
        if bad := [key for key in said.get("metadata", {}) if "." not in key]:
            return f"Metadata parameter without a category: {bad[0]}", []
        details = self.dataset.validate_file_metadata(said.get("metadata", {}))
        return ("Dataset metadata validation errors", details) if details else (None, [])


def _spec(parent: Any) -> Any:
    """Read a parent; a string is an id."""
    spec = metacat.util.ObjectSpec
    return spec(fid=parent) if isinstance(parent, str) else spec.from_dict(parent)


ENDPOINTS = {"/data/declare_files": declare}

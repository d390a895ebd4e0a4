"""Projects: making, finding, restarting, copying and ending them."""

from __future__ import annotations

import json
from typing import Any, Optional, Union
from urllib.parse import unquote

from werkzeug.wrappers import Response

from poms_client.testing.engine import data_dispatcher, project_query
from poms_client.testing.web import Call, Refusal, as_json

JSON = "text/json"
Json = dict[str, Any]
DBProject = data_dispatcher.db.DBProject
DBFileHandle = data_dispatcher.db.DBFileHandle


def create(call: Call) -> Response:
    """Make one. The project is there before its files are looked at, even if they are refused."""
    user, said = call.user(), call.body()
    project = DBProject.create(
        call.db,
        user.Username,
        attributes=said.get("project_attributes", {}),
        query=said.get("query"),
        worker_timeout=said.get("worker_timeout"),
        idle_timeout=said.get("idle_timeout"),
        users=said.get("users", []),
        roles=said.get("roles", []),
    )
    project.add_files([_file(each) for each in said["files"]])
    return answer(project.as_jsonable(with_handles=True))


def _file(said: Union[str, Json]) -> Json:
    """Read ``ns:name`` or ``{"namespace", "name", "attributes"}``.

    :raises Refusal: 400.
    """
    if isinstance(said, str):
        pair = said.split(":")
        if len(pair) != 2:
            raise Refusal(
                400, f"Invalid file specification: {said} - can not parse as namespace:name"
            )
        return {"namespace": pair[0], "name": pair[1]}
    if not isinstance(said, dict):
        raise Refusal(400, f"Invalid file specification: {said} - unsupported type")
    if "namespace" not in said or "name" not in said:
        raise Refusal(400, f"Invalid file specification: {said} - namespace or name missing")
    if not isinstance(said.get("attributes", {}), dict):
        raise Refusal(400, f"Invalid file specification: {said} - invalid file attributes")
    return said


def one(call: Call) -> Response:
    """Anybody may see it."""
    project = find(call, call.argument("project_id"))
    return answer(
        project.as_jsonable(
            with_handles=call.says_yes("with_files", "yes"),
            with_replicas=call.says_yes("with_replicas", "yes"),
        )
    )


def every(call: Call) -> Response:
    """List projects: the asking user's, unless an ``owner`` or ``all`` is given."""
    user = call.user()
    owner = call.argument("owner") or user.Username
    attributes = unquote(call.argument("attributes") or "")
    found = DBProject.list(
        call.db,
        state=call.argument("state"),
        not_state=call.argument("not_state"),
        owner=None if owner == "all" else owner,
        attributes=json.loads(attributes) if attributes else None,
    )
    return _list(found, call.says_yes("with_handles", "yes"), call.says_yes("with_replicas", "yes"))


def search(call: Call) -> Response:
    """List those that upstream's project query selects, of anybody."""
    said = call.body()
    found = DBProject.from_sql(call.db, project_query.ProjectQuery(said["query"]).sql())
    chosen = (
        each
        for each in found
        if said.get("owner") in (None, "", each.Owner)
        and said.get("state") in (None, "", each.State)
    )
    return _list(chosen, said.get("with_handles", False), said.get("with_replicas", False))


def _list(projects: Any, with_handles: bool, with_replicas: bool) -> Response:
    return answer(
        [
            each.as_jsonable(with_handles=with_handles, with_replicas=with_replicas)
            for each in list(projects)
        ]
    )


def copy(call: Call) -> Response:
    user, said = call.user(), call.body()
    original = find(call, said["project_id"])
    attributes = {**original.Attributes, **said.get("project_attributes", {})}
    project = DBProject.create(
        call.db,
        user.Username,
        attributes=attributes,
        query=original.Query,
        worker_timeout=_timeout(said.get("worker_timeout"), original.WorkerTimeout),
        idle_timeout=_timeout(said.get("idle_timeout"), original.IdleTimeout),
    )
    changed = said.get("file_attributes", {})
    project.add_files(
        {
            "namespace": each.Namespace,
            "name": each.Name,
            "attributes": {**each.Attributes, **changed},
        }
        for each in original.handles()
    )
    override = {"project": attributes, "file": changed}
    project.add_log("event", event="copied", source=said["project_id"], override=override)
    return answer(project.as_jsonable(with_handles=True))


def _timeout(said: Union[float, str, None], original: Any) -> Any:
    """Read a number of seconds, ``no timeout``, or ``default``: the original's."""
    if said in (None, "default"):
        return original
    return None if said == "no timeout" else said


def restart_handles(call: Call) -> Response:
    """Put the handles that are named, or that are in given states, back to ``initial``."""
    said = call.body()
    project = owned(call, said.get("project_id"))
    if said.get("handles") is not None:
        project.restart_handles(dids=said["handles"])
    else:
        project.restart_handles(states=[each for each in DBFileHandle.States if said.get(each)])
    return answer(project.as_jsonable(with_replicas=True))


def cancel(call: Call) -> Response:
    project = owned(call, call.argument("project_id"))
    project.cancel()
    return answer(project.as_jsonable(with_replicas=True))


def activate(call: Call) -> Response:
    project = owned(call, call.argument("project_id"))
    project.activate()
    return answer(project.as_jsonable(with_replicas=True))


def restart(call: Call) -> Response:
    """Fail as upstream does, whose engine no longer has the method."""
    project = owned(call, call.argument("project_id"))
    project.restart(force=call.says_yes("force"), failed_only=call.says_yes("failed_only", "yes"))
    return answer(project.as_jsonable(with_replicas=True))


def delete(call: Call) -> Response:
    owned(call, call.argument("project_id")).delete()
    return answer(None)


def find(call: Call, number: Union[str, int, None]) -> Any:
    """Return upstream's project.

    :raises Refusal: 404.
    """
    project: Optional[Any] = DBProject.get(call.db, int(number or 0))
    if project is None:
        raise Refusal(404, "Project not found")
    return project


def owned(call: Call, number: Union[str, int, None]) -> Any:
    """Return a project that the asking user may change.

    :raises Refusal: 400, 401, 403 or 404.
    """
    if not number:
        raise Refusal(400, "Project id must be specified")
    user = call.user()
    project = find(call, number)
    if user.Username != project.Owner and not user.is_admin():
        raise Refusal(403, "Forbidden")
    return project


def answer(content: object) -> Response:
    """Answer JSON, under the name that upstream gives it."""
    return as_json(content, JSON)


ENDPOINTS = {
    "/create_project": create,
    "/project": one,
    "/projects": every,
    "/search_projects": search,
    "/copy_project": copy,
    "/restart_handles": restart_handles,
    "/restart_project": restart,
    "/cancel_project": cancel,
    "/activate_project": activate,
    "/delete_project": delete,
}

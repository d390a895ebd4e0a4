"""File handles: reserving, releasing and listing them."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from poms_client.testing.dispatcher.projects import DBFileHandle, Json, answer, find
from poms_client.testing.engine import data_dispatcher
from poms_client.testing.web import Call, Refusal


def next_file(call: Call) -> Response:
    """Reserve a handle for a worker; upstream's SQL keeps each to one worker."""
    user = call.user()
    worker = call.argument("worker_id")
    if worker is None or call.argument("project_id") is None:
        raise Refusal(400, "Project ID and Worker ID must be specified")
    project = find(call, call.argument("project_id"))
    if not (user.is_admin() or project.authorized_user(user.Username)):
        raise Refusal(403, "Not authorized")
    if project.State == "abandoned":
        project.activate()
    elif project.State != "active":
        raise Refusal(400, f"Inactive project. State={project.State}")
    virtual = project.Attributes.get("virtual", False)
    handle, reason, retry = project.reserve_handle(worker, virtual=virtual)
    if handle is None:
        return answer({"handle": None, "reason": reason, "retry": retry})
    said = handle.as_jsonable(with_replicas=not virtual)
    said["replicas"] = _usable(call, said.get("replicas", {}))
    said["project_attributes"] = project.Attributes or {}
    return answer({"handle": said, "reason": "reserved", "retry": False})


def _usable(call: Call, replicas: Json) -> Json:
    """Return those that can be read now, each with its proximity to the worker's site."""
    near = data_dispatcher.db.DBProximityMap(call.db)
    usable = {
        rse: each for rse, each in replicas.items() if each["available"] and each["rse_available"]
    }
    for rse, each in usable.items():
        each["preference"] = each["proximity"] = near.proximity(call.argument("cpu_site"), rse)
    return usable


def release(call: Call) -> Response:
    """Take a worker's word that a file is done or failed."""
    identity = call.argument("handle_id")
    if identity is None:
        raise Refusal(400, "File Handle ID (<project_id>:<namespace>:<name>) must be specified")
    user = call.user()
    number, namespace, name = DBFileHandle.unpack_id(identity)
    project = find(call, number)
    if not user.is_admin() and user.Username != project.Owner:
        raise Refusal(403, "Not authorized")
    worker = call.argument("worker_id")
    if worker and project.handle(namespace, name).WorkerID != worker:
        raise Refusal(403, "Not authorized: wrong worker_id")
    handle = project.release_handle(
        namespace, name, failed=call.says_yes("failed"), retry=call.says_yes("retry", "yes")
    )
    if handle is None:
        raise Refusal(404, "Handle not found or was not reserved")
    if project.State == "abandoned":
        project.activate()
    return answer(handle.as_jsonable())


def handles(call: Call) -> Response:
    """List a project's, without replicas whatever is asked; anybody may."""
    return _list(
        DBFileHandle.list(
            call.db,
            project_id=int(call.argument("project_id") or 0),
            state=call.argument("state"),
            not_state=call.argument("not_state"),
        )
    )


def project_files(call: Call) -> Response:
    project = find(call, call.argument("project_id"))
    return _list(project.handles(state=call.argument("state")))


def _list(found: Any) -> Response:
    return answer([each.as_jsonable() for each in list(found)])


def one(call: Call) -> Response:
    """Return the handle of a file of a project, or null."""
    number, name = call.argument("project_id"), call.argument("name") or ""
    if not number:
        raise Refusal(400, "At least handle_id or project_id must be specified")
    namespace = call.argument("namespace")
    if not namespace:
        namespace, _, name = name.partition(":")
    handle = DBFileHandle.get(call.db, int(number), namespace, name)
    return answer(handle and handle.as_jsonable(with_replicas=True))


ENDPOINTS = {
    "/next_file": next_file,
    "/release": release,
    "/handles": handles,
    "/project_files": project_files,
    "/file_handle": one,
}

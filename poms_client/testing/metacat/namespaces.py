"""Namespaces: ``/data/namespace…``."""

from __future__ import annotations

from werkzeug.wrappers import Response

from poms_client.testing.engine import metacat
from poms_client.testing.metacat.names import checked
from poms_client.testing.web import Call, Refusal, as_json


def create(call: Call) -> Response:
    """Make one; the clients say it with GET."""
    user = call.user()
    name, role = call.argument("name"), call.argument("owner_role")
    checked(name, role)
    if role is not None and not user.is_admin():
        found = metacat.db.DBRole.get(call.db, role)
        if found is None or user.Username not in found:
            raise Refusal(403, "Permission denied")
    if metacat.db.DBNamespace.exists(call.db, name):
        raise Refusal(409, "Namespace already exists")
    namespace = metacat.db.DBNamespace(
        call.db,
        name,
        owner_user=None if role else user.Username,
        owner_role=role,
        description=call.argument("description"),
        creator=user.Username,
    )
    namespace.create()
    return as_json(namespace.to_jsonable())


def one(call: Call) -> Response:
    name = call.argument("name") or call.rest
    checked(name)
    namespace = metacat.db.DBNamespace.get(call.db, name)
    if namespace is None:
        raise Refusal(404, "Not found")
    return as_json(namespace.to_jsonable())


def several(call: Call) -> Response:
    """Those named in the body, else those of an owner, else all."""
    if call.request.get_data():
        found = metacat.db.DBNamespace.get_many(call.db, call.body())
    else:
        found = metacat.db.DBNamespace.list(
            call.db,
            owned_by_user=call.argument("owner_user"),
            owned_by_role=call.argument("owner_role"),
            directly=call.says_yes("directly"),
        )
    return as_json([each.to_jsonable() for each in sorted(found, key=lambda each: each.Name)])


ENDPOINTS = {
    "/data/create_namespace": create,
    "/data/namespace": one,
    "/data/namespaces": several,
}

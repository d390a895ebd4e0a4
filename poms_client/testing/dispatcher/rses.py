"""Storage elements (RSEs): anybody may look at them, admins may change them."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from poms_client.testing.dispatcher.projects import answer
from poms_client.testing.engine import data_dispatcher
from poms_client.testing.web import Call, Refusal

DBRSE = data_dispatcher.db.DBRSE
# What /update_rse calls them, and what they are called in the engine.
NAMES_IN_UPDATES = {
    "Description": "Description",
    "Enabled": "Enabled",
    "Available": "Available",
    "Tape": "Tape",
    "Preference": "Preference",
    "Type": "Type",
}


def every(call: Call) -> Response:
    """List those that are enabled."""
    return answer([each.as_jsonable() for each in DBRSE.list(call.db)])


def one(call: Call) -> Response:
    return answer(_find(call, call.argument("name") or call.rest).as_jsonable())


def create(call: Call) -> Response:
    _refuse_others_than_admins(call)
    said = call.body()
    if DBRSE.get(call.db, said["name"]) is not None:
        raise Refusal(409, f"RSE {said['name']} already exists")
    known = {key: said[key] for key in DBRSE.Columns if key in said}
    return answer(DBRSE.create(call.db, **known).as_jsonable())


def update(call: Call) -> Response:
    _refuse_others_than_admins(call)
    said = call.body()
    rse = _find(call, said["Name"])
    for key, attribute in NAMES_IN_UPDATES.items():
        setattr(rse, attribute, said.get(key, getattr(rse, attribute)))
    rse.save()
    return answer(rse.as_jsonable())


def set_availability(call: Call) -> Response:
    _refuse_others_than_admins(call)
    if call.argument("available") not in ("yes", "no"):
        raise Refusal(400, 'availability value must be specified as "yes" or "no"')
    rse = _find(call, call.argument("name") or call.rest)
    rse.Available = call.says_yes("available")
    rse.save()
    return answer(rse.as_jsonable())


def delete(call: Call) -> Response:
    _refuse_others_than_admins(call)
    name = _find(call, call.argument("name")).Name
    call.db.cursor().execute("delete from rses where name = %s", (name,))
    return answer(None)


def _find(call: Call, name: object) -> Any:
    rse: Any = DBRSE.get(call.db, name)
    if rse is None:
        raise Refusal(404, f"RSE {name} not found")
    return rse


def _refuse_others_than_admins(call: Call) -> None:
    if not call.user().is_admin():
        raise Refusal(403, "Not authorized")


ENDPOINTS = {
    "/rses": every,
    "/get_rse": one,
    "/create_rse": create,
    "/update_rse": update,
    "/set_rse_availability": set_availability,
    "/delete_rse": delete,
}

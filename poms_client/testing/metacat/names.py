"""Names in MetaCat: what may be one, and who may use a namespace."""

from __future__ import annotations

import re
from typing import Any, Optional

from poms_client.testing.engine import metacat
from poms_client.testing.web import Call, Refusal

NAME = re.compile(r"[a-z0-9_./-]+", re.IGNORECASE)


def checked(*names: Optional[str]) -> None:
    """Refuse what has other characters than names may have.

    :raises Refusal: 400.
    """
    for name in names:
        if name and not NAME.fullmatch(name):
            raise Refusal(400, f"Invalid value: {name}")


def split(did: Optional[str], namespace: Optional[str] = None) -> tuple[str, str]:
    """Return namespace and name of ``namespace:name``, or of a name in ``namespace``."""
    before, colon, after = (did or "").partition(":")
    pair = (before, after) if colon else (namespace or "", before)
    if not all(pair):
        raise Refusal(400, f"Invalid namespace:name specification: {did}")
    checked(*pair)
    return pair


def owned(call: Call, namespace: str, user: Any) -> bool:
    """Whether the user may write into the namespace.

    :raises Refusal: 404 when there is no such namespace.
    """
    found = metacat.db.DBNamespace.get(call.db, namespace)
    if found is None:
        raise Refusal(404, f"Namespace {namespace} does not exist")
    return bool(user.is_admin() or found.owned_by_user(user))

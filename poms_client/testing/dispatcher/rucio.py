"""Where files are: what the real daemon asks Rucio, and a stand-in is told.

``PUT /_locations`` with ``{"ns:name": "file:///…"}`` says it from another process; ``?rse=`` names
the storage element, which is made if need be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from werkzeug.wrappers import Response

from poms_client.testing.engine import data_dispatcher
from poms_client.testing.web import Call, as_json

RSE = "LOCAL"
Found = dict[tuple[str, str], dict[str, dict[str, Any]]]


def locate(db: Any, urls: Mapping[str, str], rse: str = RSE) -> None:
    """Write down where files are; each is at one URL of an RSE."""
    data_dispatcher.db.DBRSE.create(db, rse, is_enabled=True, is_available=True)
    db.cursor().executemany(
        "insert into locations values (%s, %s, %s, %s)"
        " on conflict (namespace, name, rse) do update set url = excluded.url",
        [(*did.split(":", 1), rse, url) for did, url in urls.items()],
    )


def found(db: Any, dids: Collection[str]) -> Found:
    """Return replicas as the engine takes them; on tape, they aren't available."""
    cursor = db.cursor()
    cursor.execute(
        "select l.namespace, l.name, l.rse, l.url, r.is_tape"
        " from locations l join rses r on r.name = l.rse and r.is_enabled"
        " where l.namespace || ':' || l.name = any(%s)",
        (list(dids),),
    )
    replicas: Found = {}
    for namespace, name, rse, url, is_tape in cursor.fetchall():
        replica = {"urls": [url], "available": not is_tape}
        replicas.setdefault((namespace, name), {})[rse] = replica
    return replicas


def tell(call: Call) -> Response:
    said = call.body()
    locate(call.db, said, call.argument("rse") or RSE)
    return as_json(said)


ENDPOINTS = {"/_locations": tell}

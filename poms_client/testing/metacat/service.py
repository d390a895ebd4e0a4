"""The endpoints of MetaCat 4.1, and a server for them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from poms_client.testing import login
from poms_client.testing.engine import metacat
from poms_client.testing.metacat import datasets, declaring, files, namespaces, queries
from poms_client.testing.stand_in import StandIn
from poms_client.testing.web import Call, Refusal, Service, text

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

VERSION = "4.1.4"


def version(call: Call) -> Response:
    return text(VERSION)


def probe(call: Call) -> Response:
    return text("OK")


def show_file(call: Call) -> Response:
    """The page of a file, for people who follow a link; upstream asks them to log in first."""
    found = metacat.db.DBFile.get(call.db, fid=call.argument("fid"), with_metadata=True)
    if found is None:
        raise Refusal(404, "File not found")
    said = found.to_jsonable(with_metadata=True, with_provenance=True)
    rows = "".join(f"<tr><th>{escape(key)}<td>{escape(str(said[key]))}" for key in said)
    title = escape(found.did())
    page = f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1><table>{rows}</table>"
    return Response(page, mimetype="text/html")


ENDPOINTS = {
    "/version": version,
    "/data/version": version,
    "/probe": probe,
    "/gui/show_file": show_file,
    **login.ENDPOINTS,
    **namespaces.ENDPOINTS,
    **datasets.ENDPOINTS,
    **declaring.ENDPOINTS,
    **files.ENDPOINTS,
    **queries.ENDPOINTS,
}


class MetaCatServer(StandIn):
    """MetaCat behind a port of this machine."""

    schemas = "metacat"
    roots = ("namespaces",)

    def application(self) -> WSGIApplication:
        return Service(self.schemas, self.database, self.login, ENDPOINTS)

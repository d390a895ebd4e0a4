"""The HTTP layer that MetaCat and Data Dispatcher share: calls, refusals, answers.

Like theirs, it takes no notice of the method, answers errors as plain text, and answers what
nobody caught as an HTML page with status 500.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Optional

from werkzeug.wrappers import Request, Response

from poms_client.testing.engine import Database, metacat
from poms_client.testing.login import Login

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

JSON = "application/json"
PLAIN = "text/plain"


class Refusal(Exception):
    """An answer other than 200: a status and a text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Call:
    """One request: what is asked, a connection to the database, and who asks.

    :param rest: what the path has behind the endpoint's, ``/data/file/<rest>``.
    """

    def __init__(self, request: Request, db: Any, login: Login, rest: str = "") -> None:
        self.request = request
        self.db = db
        self.login = login
        self.rest = rest

    def argument(self, name: str) -> Optional[str]:
        return self.request.args.get(name)

    def says_yes(self, name: str, default: str = "no") -> bool:
        return self.request.args.get(name, default) == "yes"

    def body(self) -> Any:
        """Return the JSON in the body, whatever its content type is."""
        return json.loads(self.request.get_data())

    def user(self, refuse: int = 401) -> Any:
        """Return upstream's user for the token of the request.

        :raises Refusal: when there is none, with the status ``refuse``.
        """
        username, why = self.login.who(self.request)
        if username is None:
            raise Refusal(refuse, why)
        user = metacat.db.DBUser.get(self.db, username)
        if user is None:
            raise Refusal(refuse, "user not found")
        return user


Endpoint = Callable[[Call], Response]


class Service:
    """A WSGI application of a table of endpoints.

    :param schema: where the engine looks for its tables, and the users.
    """

    def __init__(
        self, schema: str, database: Database, login: Login, endpoints: Mapping[str, Endpoint]
    ) -> None:
        self.schema = schema
        self.database = database
        self.login = login
        self._endpoints = endpoints

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start)

    def _answer(self, request: Request) -> Response:
        endpoint, rest = self._find(request.path)
        if endpoint is None:
            return Response("Invalid path\n", 404, mimetype=PLAIN)
        try:
            with self.database.connection(self.schema) as db:
                return endpoint(Call(request, db, self.login, rest))
        except Refusal as refusal:
            return Response(refusal.text, refusal.status, mimetype=PLAIN)
        except Exception:  # noqa: BLE001 - as upstream does it
            print(traceback.format_exc(), file=sys.stderr)
            return Response("<html><body><h2>Application error</h2></body></html>", 500)

    def _find(self, path: str) -> tuple[Optional[Endpoint], str]:
        """Return the endpoint of the longest path that this one begins with, and the rest."""
        path, rest = path.rstrip("/"), ""
        while path:
            if path in self._endpoints:
                return self._endpoints[path], rest
            path, _, last = path.rpartition("/")
            rest = f"{last}/{rest}".rstrip("/")
        return None, rest


def text(words: str) -> Response:
    return Response(words, mimetype=PLAIN)


def as_json(content: object, mimetype: str = JSON) -> Response:
    return Response(json.dumps(content), content_type=mimetype)


def as_sequence(records: Iterable[object]) -> Response:
    """Answer as ``application/json-seq`` (RFC 7464): each record between 0x1E and a line feed."""
    lines = "".join(f"\x1e{json.dumps(record)}\n" for record in records)
    return Response(lines, content_type="application/json-seq")

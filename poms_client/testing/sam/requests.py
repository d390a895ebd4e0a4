"""Requests and answers of SAM's HTTP interface."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Optional
from urllib.parse import parse_qs

from poms_client.testing.sam.errors import BadRequest

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """One request; ``said`` are the values of the query string and of the form, together."""

    method: str
    path: str
    root: str
    said: dict[str, list[str]]
    body: bytes
    accepts: str

    def text(self, name: str, default: str = "") -> str:
        return self.said.get(name, [default])[-1]

    def needed(self, name: str) -> str:
        if not self.text(name):
            raise BadRequest(f"Missing parameter '{name}'")
        return self.text(name)

    def number(self, name: str) -> Optional[int]:
        """The number of that name; None where it isn't said."""
        text = self.text(name)
        if text and not re.fullmatch("[0-9]{1,15}", text):
            raise BadRequest(f"Parameter '{name}' has to be a whole number")
        return int(text) if text else None

    @property
    def wants_json(self) -> bool:
        form = self.text("format")
        return form == "json" or (not form and "json" in self.accepts)

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise BadRequest("The body has to be JSON") from None


@dataclass(frozen=True)
class Answer:
    """``content`` goes out as JSON, or as it is where it is text."""

    content: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode()
        return json.dumps(self.content).encode()

    @property
    def type(self) -> str:
        return "text/plain; charset=utf-8" if isinstance(self.content, str) else "application/json"


class Route(NamedTuple):
    """``path`` is below ``/sam/<experiment>/api``; its groups are given to ``act`` as text."""

    method: str
    path: str
    act: Callable[..., Answer]


def read(environ: WSGIEnvironment) -> Request:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query = environ.get("QUERY_STRING", "")
    said = parse_qs(query, keep_blank_values=True)
    if environ.get("CONTENT_TYPE", "").startswith(FORM):
        said |= parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
        root=f"http://{environ.get('HTTP_HOST', '127.0.0.1')}",
        said=said,
        body=body,
        accepts=environ.get("HTTP_ACCEPT", ""),
    )


def listed(request: Request, items: list[Any], *, plain_by_default: bool = False) -> Answer:
    """A list as JSON, or one item per line: which it is where nothing is said, SAM says by page."""
    as_json = request.wants_json or not (plain_by_default or request.text("format") == "plain")
    return Answer(items if as_json else "".join(f"{item}\n" for item in items))

"""One call of an old endpoint: who asks, in which experiment, with which arguments."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed, NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.callers import person
from campaigns.api.keys import read_key
from campaigns.api.permissions import scopes_of
from campaigns.models import Campaign, CampaignStage, Experimenter
from campaigns.parameters import Pairs, validate_overrides
from campaigns.scopes import Scope
from datahandling import storable
from submissions.models import Submission
from workflow.api.base import WorkflowView

NOTHING = frozenset({"", "None"})  # what scripts send for an argument that they leave out
NO = NOTHING | {"0", "False", "false", "no", "off"}
MOST_NUMBERS = 10_000
LONGEST = 100_000  # characters of a list or a mapping


@dataclass(frozen=True)
class Call:
    """``given`` has the arguments of the query and the form, and of the path where it has some."""

    view: WorkflowView
    request: Request
    given: Mapping[str, str]

    @property
    def user(self) -> Any:
        """Who asks: a person, an agent or a ``Job``."""
        return self.request.user

    @property
    def person(self) -> Experimenter:
        """The person who asks. Raises PermissionDenied for the token of a job."""
        return person(self.request)

    @property
    def by_session(self) -> bool:
        return isinstance(self.request.successful_authenticator, SessionAuthentication)

    @property
    def experiment(self) -> str:
        """The name of the experiment that the caller acts in; empty where they don't say."""
        return self.text("experiment").lower()

    @property
    def wants_json(self) -> bool:
        """Whether a page is asked for as data: by its argument, or by a program."""
        return self.text("fmt") == "json" or not self.by_session

    @property
    def scopes(self) -> frozenset[Scope]:
        return scopes_of(self.request)

    def require_change(self, scope: Scope) -> None:
        """Refuse what changes something to a token of less scope, to a browser's GET, and to HEAD.

        Any page can make a browser send a GET, and who sends a HEAD wants to change nothing.
        """
        if scope not in self.scopes:
            raise PermissionDenied(f"this token hasn't the scope {scope}")
        method = str(self.request.method)
        if self.by_session and method != "POST":
            detail = "this changes something: a browser has to POST it, with its CSRF token"
            raise MethodNotAllowed(method, detail)
        if method not in ("GET", "POST"):
            raise MethodNotAllowed(method, "this changes something: GET or POST it")

    # arguments

    def text(self, *names: str) -> str:
        """Return the first of these arguments that is given, else nothing."""
        values = (self.given.get(name, "").strip() for name in names)
        return next((value for value in values if value not in NOTHING), "")

    def required(self, *names: str) -> str:
        value = self.text(*names)
        if not value:
            raise ValidationError({"detail": f"say {names[0]}"})
        return value

    def key(self, *names: str) -> int:
        """Return the number of something. Raises ValidationError where it isn't one."""
        value = self.required(*names)
        known = read_key(value)
        if known is None:
            raise ValidationError({"detail": f"{names[0]} is a number, not {value!r}"})
        return known

    def flag(self, name: str) -> bool:
        return self.given.get(name, "").strip() not in NO

    def numbers(self, *names: str) -> list[int]:
        """Return a list of numbers, with or without brackets. Raises ValidationError."""
        words = self.text(*names).strip("[]() ").split(",")
        numbers = [read_key(word.strip()) for word in words if word.strip()]
        if None in numbers or len(numbers) > MOST_NUMBERS:
            raise ValidationError({"detail": f"{names[0]} is a list of numbers, such as 1,2,3"})
        return [number for number in numbers if number is not None]

    def value(self, name: str) -> Any:
        """Return a list or a mapping, written in JSON or as Python writes it; None if not given."""
        written = self.text(name)
        return read_value(name, written) if written else None

    def pairs(self, name: str) -> Pairs:
        """Return a list of [key, value] pairs; a mapping is taken for one."""
        value = self.value(name) or []
        pairs = [[*pair] for pair in value.items()] if isinstance(value, dict) else value
        try:
            validate_overrides(pairs)
        except ModelError as error:
            raise ValidationError({"detail": f"{name}: {error.messages[0]}"}) from error
        return pairs

    # what is asked about

    def submission(self) -> Submission:
        return self.view.submission(self.key("submission_id"))

    def stage(self, *names: str) -> CampaignStage:
        return self.view.stage(self.key(*(names or ("campaign_stage_id",))))

    def campaign(self, name: str = "campaign_name", key: str = "campaign_id") -> Campaign:
        """Return the campaign of that number; or of that name, in the experiment acted in."""
        if self.text(key):
            return self.view.campaign(self.key(key))
        rows = self.in_experiment(Campaign.objects.select_related("experiment"))
        return one(rows, name=self.required(name))  # type: ignore[no-any-return]

    def in_experiment(self, rows: Any, path: str = "experiment") -> Any:
        """Narrow rows to those that the caller may see, of the experiment acted in."""
        rows = rows.visible_to(self.user)
        return rows.filter(**{f"{path}__name": self.experiment}) if self.experiment else rows


def one(rows: QuerySet[Any], **named: str) -> Any:
    """Return the one row that is named so.

    Raises:
        NotFound: there is none that the caller may see.
        ValidationError: several experiments have one.
    """
    found = list(rows.filter(**named)[:2])
    what, name = rows.model._meta.verbose_name, " ".join(named.values())
    if not found:
        raise NotFound(f"there is no {what} {name} that you may see")
    if len(found) > 1:
        raise ValidationError({"detail": f"there are several of the name {name}: say experiment"})
    return found[0]


def read_value(name: str, written: str) -> Any:
    """Read JSON, or what Python prints for a list or a mapping.

    Raises:
        ValidationError: it is neither, or something in it can't be stored.
    """
    if len(written) > LONGEST:
        raise ValidationError({"detail": f"{name} is longer than {LONGEST} characters"})
    try:
        value = _read(written)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        such_as = 'such as [["key", "value"]]'
        detail = f"{name} is neither JSON nor a list or mapping of Python's, {such_as}"
        raise ValidationError({"detail": detail}) from None
    try:
        storable.require_json(value)
    except ValueError as error:
        raise ValidationError({"detail": f"{name}: {error}"}) from None
    return value


def _read(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return ast.literal_eval(written)


def moment(at: datetime | None) -> str | None:
    """Write a time as the old system did: in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else None


def plain(said: str, status: int = 200) -> HttpResponse:
    return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")


def see_other(call: Call, name: str, *keys: int, query: str = "") -> HttpResponse:
    """Lead on to an address of ours, in full as scripts print it."""
    address = reverse(name, args=keys) + (f"?{query}" if query else "")
    return HttpResponse(status=303, headers={"Location": call.request.build_absolute_uri(address)})


def page_or(call: Call, name: str, keys: tuple[int, ...], data: Any) -> HttpResponse | Response:
    """Answer a program with the data, and lead a browser on to the page that shows them."""
    return Response(data()) if call.wants_json else see_other(call, name, *keys)

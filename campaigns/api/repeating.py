"""Requests that may be repeated after a lost answer: ``Idempotency-Key``.

As in draft-ietf-httpapi-idempotency-key-header: the same request with the same key is answered as
the first time, another one is refused (422), and one that comes while the first is at work, too
(409, with ``Retry-After``). What was refused had no effect: it is judged anew.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.callers import person
from campaigns.models import Experimenter, KeptAnswer
from datahandling.errors import Unknown
from datahandling.locks import only_one

HEADER = "Idempotency-Key"
FORM = re.compile(r'"?([!#-~]{1,255}?)"?')  # the draft quotes it; many don't
KEPT_FOR = timedelta(days=7)
MOST_FORGOTTEN = 100  # by one request
PARAMETER = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    pattern=f"^{FORM.pattern}$",
    description="A word of your own, such as a UUID: who repeats the request with it within "
    f"{KEPT_FOR.days} days gets the first answer again, and nothing is done twice.",
)


class UnderWay(APIException):
    """The first request with this key is still at work."""

    status_code = 409
    default_detail = "a request with this Idempotency-Key is under way: ask again"
    wait = 1  # seconds; becomes Retry-After


class SomethingElse(APIException):
    """The key was used for another request."""

    status_code = 422
    default_detail = f"this {HEADER} was used for another request: take a new one for a new request"


@dataclass
class Once:
    """A request that has its effect once; ``answer`` is there once it has had it."""

    who: Experimenter
    key: str
    asked: str
    answer: Response | None = None

    @property
    def response(self) -> Response:
        """The answer, which must be there by now."""
        assert self.answer is not None, "what has its effect once keeps its answer"
        return self.answer

    def keep(self, answer: Response) -> None:
        """Set the answer; where there is a key, keep it with what the open transaction writes.

        Raises:
            UnderWay: somebody else kept one meanwhile; the transaction must not be committed.
        """
        if self.key:
            self._write(answer)
        self.answer = answer

    def _write(self, answer: Response) -> None:
        try:
            with transaction.atomic():
                KeptAnswer.objects.create(
                    who=self.who,
                    key=self.key,
                    asked=self.asked,
                    status=answer.status_code,
                    content=answer.data,
                )
        except IntegrityError as error:
            raise UnderWay from error

    def find(self) -> None:
        """Set the answer of the first time, if there was one."""
        kept = KeptAnswer.objects.filter(who=self.who, key=self.key).first()
        if kept is None:
            return
        if kept.asked != self.asked:
            raise SomethingElse
        self.answer = Response(kept.content, status=kept.status)


@contextmanager
def once(request: Request) -> Iterator[Once]:
    """Let what is inside have its effect, unless its ``answer`` is there already.

    Raises:
        UnderWay: another request with the same key is at work.
        SomethingElse: the key was used for another request.
    """
    asking = Once(person(request), _key(request), _digest(request))
    with ExitStack() as stack:
        if asking.key:
            _forget_old_ones()
            mine = uuid5(NAMESPACE_URL, f"{HEADER}:{asking.who.pk}:{asking.key}")
            try:
                stack.enter_context(only_one(mine, "the request with this key"))
            except Unknown as why:
                raise UnderWay from why
            asking.find()
        yield asking


def _key(request: Request) -> str:
    said = request.headers.get(HEADER)
    if said is None:
        return ""
    if (found := FORM.fullmatch(said)) is None:
        raise ValidationError({HEADER: ["1 to 255 letters, digits and signs, without blanks"]})
    return found[1]


def _digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True)
    return sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _forget_old_ones() -> None:
    """Delete what nobody asks for any more; a few at a time, and none that others delete."""
    old = KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT_FOR)
    with transaction.atomic():
        some = old.select_for_update(skip_locked=True)[:MOST_FORGOTTEN]
        KeptAnswer.objects.filter(pk__in=[kept.pk for kept in some]).delete()

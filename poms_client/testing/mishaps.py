"""What can go wrong with a request: each kind of fault, as a client sees it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from poms_client.testing.server import HangUp, Headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

DEEP = 100_000


@dataclass
class Answer:
    """An answer that may still be changed."""

    status: str
    headers: Headers
    body: bytes

    def send(
        self, start: StartResponse, pieces: Optional[Iterable[bytes]] = None
    ) -> Iterable[bytes]:
        said = [(n, v) for n, v in self.headers if n.lower() != "content-length"]
        start(self.status, [*said, ("Content-Length", str(len(self.body)))])
        return [self.body] if pieces is None else pieces


@dataclass(frozen=True)
class Case:
    """A request that something is wrong with; ``answer`` has it done, and returns what was said."""

    kind: str
    seconds: float
    environ: WSGIEnvironment
    start: StartResponse
    answer: Callable[[], Answer]


def _timeout(case: Case) -> Iterable[bytes]:
    """Say nothing until the client gives up; the request isn't done."""
    _hold(case.environ, case.seconds)
    raise HangUp


def _refused(case: Case) -> Iterable[bytes]:
    """Reset the connection; the request isn't done."""
    raise HangUp(reset=True)


def _lost(case: Case) -> Iterable[bytes]:
    """Do what is asked, and end the connection without an answer."""
    case.answer()
    raise HangUp


def _truncated(case: Case) -> Iterable[bytes]:
    """Do what is asked, announce the whole answer, and end after the first half of it."""
    answer = case.answer()
    answer.body = answer.body or b"\n"
    half = answer.body[: len(answer.body) // 2]

    def cut() -> Iterator[bytes]:
        yield half
        raise HangUp

    return answer.send(case.start, cut())


def _slow(case: Case) -> Iterable[bytes]:
    """Do what is asked, and send the answer byte by byte over ``seconds``."""
    answer = case.answer()
    pause = case.seconds / max(len(answer.body), 1)

    def drip() -> Iterator[bytes]:
        for number in range(len(answer.body)):
            _hold(case.environ, pause)
            yield answer.body[number : number + 1]

    return answer.send(case.start, drip())


def _wrong_type(case: Case) -> Iterable[bytes]:
    """Answer with somebody's sign-in page; the request isn't done."""
    page = b"<!DOCTYPE html><html><title>Sign in</title><body>Please sign in.</body></html>"
    return Answer("200 OK", [("Content-Type", "text/html; charset=utf-8")], page).send(case.start)


def _wrong_count(case: Case) -> Iterable[bytes]:
    """Do what is asked, and put -1 for each whole number in the answer."""
    answer = case.answer()
    answer.body = re.sub(rb'(?<![\w.":-])\d+(?![\w.":-])', b"-1", answer.body)
    return answer.send(case.start)


def _nonsense(case: Case) -> Iterable[bytes]:
    """Do what is asked, and answer in the same format what no question asks for."""
    answer = case.answer()
    kind = dict(answer.headers).get("Content-Type", "")
    answer.body = b'{"nonsense": [null]}' if "json" in kind else b"nonsense"
    return answer.send(case.start)


def _nul(case: Case) -> Iterable[bytes]:
    """Do what is asked, and end the answer's texts with the character NUL."""
    answer = case.answer()
    if "json" in dict(answer.headers).get("Content-Type", ""):
        answer.body = re.sub(rb'"(?=\s*[,}\]])', rb'\\u0000"', answer.body)
    else:
        answer.body += b"\0"
    return answer.send(case.start)


def _deep(case: Case) -> Iterable[bytes]:
    """Do what is asked, and answer with lists in lists, deeper than a parser goes."""
    answer = case.answer()
    sequence = "json-seq" in dict(answer.headers).get("Content-Type", "")
    answer.body = b"\x1e" * sequence + b"[" * DEEP + b"]" * DEEP + b"\n"
    return answer.send(case.start)


def answer_with_status(case: Case) -> Iterable[bytes]:
    """Answer with that status; the request isn't done."""
    text = f"told to answer {case.kind}\n".encode()
    return Answer(f"{case.kind} Told to", [("Content-Type", "text/plain")], text).send(case.start)


KINDS: dict[str, Callable[[Case], Iterable[bytes]]] = {
    "timeout": _timeout,
    "refused": _refused,
    "lost": _lost,
    "truncated": _truncated,
    "slow": _slow,
    "wrong_type": _wrong_type,
    "wrong_count": _wrong_count,
    "nonsense": _nonsense,
    "nul": _nul,
    "deep": _deep,
}


def _hold(environ: WSGIEnvironment, seconds: float) -> None:
    """Wait that long; hang up at once when the client does, or the server stops."""
    connection = environ["poms.connection"]
    before = connection.gettimeout()
    connection.settimeout(max(seconds, 0.0001))
    try:
        connection.recv(1)
    except socket.timeout:
        return
    except OSError:
        pass
    finally:
        connection.settimeout(before)
    raise HangUp

"""How an agent fares, for whoever watches it: a JSON file, and an answer on a loopback port."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

from poms_client.api import Json
from poms_client.batch import files

LATE = 3  # intervals between looks
MOST = 20  # problems that are told


class Health:
    """:param path: where to write it; None writes nothing."""

    def __init__(self, kind: str, source: str, every: float, path: Optional[Path] = None) -> None:
        self.kind = kind
        self.source = source
        self.every = every
        self.path = path
        self.sees = False
        self._lock = threading.Lock()
        self._started = time.time()
        self._looked_at: Optional[float] = None  # when it last saw something
        self._sent_at: Optional[float] = None  # when POMS last took reports
        self._submissions = 0
        self._unsent = 0
        self._problems: list[str] = []
        self._unsendable = ""
        self._outcomes: Counter[str] = Counter()

    # --- what happened ---

    def saw(self, submissions: int, problems: list[str], notes: list[str]) -> None:
        with self._lock:
            self.sees = not problems
            self._looked_at = time.time()
            self._submissions = submissions
            self._problems = (problems + notes)[:MOST]

    def did_not_see(self, why: str) -> None:
        with self._lock:
            self.sees = False
            self._problems = [why]

    def sent(self, outcomes: list[str], left: int) -> None:
        with self._lock:
            self._sent_at = time.time()
            self._outcomes.update(outcomes)
            self._unsent, self._unsendable = left, ""

    def did_not_send(self, why: str, waiting: int) -> None:
        with self._lock:
            self._unsent, self._unsendable = waiting, why

    # --- what is said of it ---

    def content(self) -> Json:
        """Return it as JSON; ``ok`` is whether it sees, lately, and is heard."""
        with self._lock:
            seen = self._looked_at or self._started
            late = time.time() - seen > max(LATE * self.every, 30.0)
            return {
                "agent": self.kind,
                "source": self.source,
                "ok": self.sees and not late and not self._unsendable,
                "pid": os.getpid(),
                "every": self.every,
                "started_at": _moment(self._started),
                "looked_at": _moment(self._looked_at),
                "sent_at": _moment(self._sent_at),
                "submissions": self._submissions,
                "unsent": self._unsent,
                "problems": self._problems + ([self._unsendable] if self._unsendable else []),
                "outcomes": dict(self._outcomes),
            }

    def write(self) -> None:
        if self.path is not None:
            files.write(self.path, self.content())

    def serve(self, port: int) -> int:
        """Answer on 127.0.0.1 while the process runs: 200 when ``ok``, else 503.

        :return: the port, which is a free one for 0.
        """
        health = self

        class Answering(_Answering):
            def do_GET(self) -> None:
                self.answer(health.content())

        server = ThreadingHTTPServer(("127.0.0.1", port), Answering)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        return int(server.server_address[1])


class _Answering(BaseHTTPRequestHandler):
    timeout = 5.0

    def answer(self, content: Json) -> None:
        body = json.dumps(content).encode()
        self.send_response(200 if content["ok"] else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        """Say nothing: whoever asks knows that they did."""


def _moment(at: Optional[float]) -> Optional[str]:
    return None if at is None else datetime.fromtimestamp(at, timezone.utc).isoformat()

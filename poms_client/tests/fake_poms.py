"""A small POMS over real HTTP: leave, reports, files and projects, and every way to fail."""

import json
import re
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakePoms:
    def __init__(self):
        self.attempts = {}  # token -> attempt, while leave wasn't taken
        self.deadline = 60.0
        self.project_files = []
        self.reserved = {}
        self.handed_out = {}  # request -> file
        self.kept = {}  # Idempotency-Key -> answer
        self.made = []  # what was launched or registered
        self.said = []  # (verb, file, body) of done and failed
        self.declared = []
        self.reports = []
        self.takes_reports = True
        self.spoils = set()  # submissions whose report has a whole request refused
        self.beats = []  # what agents say of themselves
        self.requests = Counter()
        self.tokens = Counter()
        self.failing = []  # for each of the next requests: a status, or "hang up"
        self.retry_after = ""  # what a 429 says
        self.hold = ""  # why launches are queued
        self.controlled = []  # requests to kill, hold and so on
        self.refuses = []  # what such a request answers of those that stay as they were
        self.left = 0
        self.rows = {}  # path, with or without its query -> what a GET answers; a list in a page
        self.lock = threading.Lock()
        self.start()

    def start(self, port=0):
        fake = self

        class Handler(_Handler):
            poms = fake

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def statuses(self, submission, by_agent=True):
        """The statuses reported for a submission, by the agent or the wrapper, in order."""
        ours = [r for r in self.reports if ("pct_complete" in r) is by_agent]
        return [r["status"] for r in ours if r["submission_id"] == submission]

    def last_report(self, submission):
        return next(r for r in reversed(self.reports) if r["submission_id"] == submission)

    # --- what it answers ---

    def answer(self, method, path, body):
        if method == "GET" and path in self.rows:
            rows = self.rows[path]
            return 200, {"next": None, "results": rows} if isinstance(rows, list) else rows
        for pattern, answer in ROUTES:
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                return answer(self, body, *found.groups())
        return 404, {"detail": f"no {path}"}

    def leave(self, body, submission):
        attempt = self.attempts.pop(body["token"], None)
        if attempt is None:
            return 409, {"detail": "leave was taken already"}
        deadline = datetime.now(timezone.utc) + timedelta(seconds=self.deadline)
        return 200, {"deadline": deadline.isoformat(), "attempt": attempt}

    def report(self, body):
        if not self.takes_reports:
            return 503, {"detail": "not now"}
        if any(r["submission_id"] in self.spoils for r in body):
            return 400, {"detail": "the whole request makes no sense"}
        self.reports += body
        return 200, [{"submission_id": r["submission_id"], "outcome": "moved"} for r in body]

    def beat(self, body):
        self.beats.append(body)
        return 200, body

    def register(self, body):
        self.made.append(body)
        return 201, {"submission_id": 4711}

    def declare(self, body):
        self.declared += body
        return 201, [{"name": f["name"], "outcome": "declared"} for f in body]

    def project(self, body, name):
        left = len(self.project_files)
        counts = {"files": left, "initial": left, "reserved": 0, "done": 0, "failed": 0}
        return 200, {"name": name, "dataset": "raw", **counts}

    def next(self, body, name):
        if body["request"] in self.handed_out:
            return 200, {"file": self.handed_out[body["request"]]}
        if not self.project_files:
            return 204, None
        file = self.handed_out[body["request"]] = self.project_files.pop(0)
        self.reserved[file["name"]] = body["worker"]
        return 200, {"file": file}

    def end(self, body, name, verb):
        self.said.append((verb, body["file"], body))
        return 200, {}

    def launch(self, body):
        self.made.append(body)
        if self.hold:
            return 423, {"submission_id": 99, "detail": self.hold}
        return 201, {"submission_id": 99, **body}

    def control(self, body):
        self.controlled.append(body)
        done = [body["submission"]] if "submission" in body else []
        return 200, {"done": done, "refused": self.refuses, "left": self.left}


ROUTES = (
    (r"POST /submissions/(\d+)/leave/", FakePoms.leave),
    (r"POST /reports/", FakePoms.report),
    (r"POST /agents/", FakePoms.beat),
    (r"POST /submissions/", FakePoms.register),
    (r"POST /files/", FakePoms.declare),
    (r"GET /projects/([^/]+)/", FakePoms.project),
    (r"POST /projects/([^/]+)/next/", FakePoms.next),
    (r"POST /projects/([^/]+)/(done|failed)/", FakePoms.end),
    (r"POST /launches/", FakePoms.launch),
    (r"POST /controls/", FakePoms.control),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        whole = self.path.removeprefix("/api/v1")
        path = whole if whole in self.poms.rows else whole.partition("?")[0]
        with self.poms.lock:
            self.poms.requests[f"{self.command} {path}"] += 1
            self.poms.tokens[self.headers.get("Authorization")] += 1
            failure = self.poms.failing.pop(0) if self.poms.failing else None
            if failure in (None, "lose the answer"):
                status, content = self._answer(path, body)
        if failure in ("hang up", "lose the answer"):
            self.close_connection = True
            return
        if failure == "nonsense":
            self._send(200, b"<html>")
        elif failure is not None:
            self._send(failure, json.dumps({"detail": f"told to answer {failure}"}).encode())
        else:
            self._send(status, b"" if content is None else json.dumps(content).encode())

    def _answer(self, path, body):
        """Answer a request with a key as the first time."""
        key = self.headers.get("Idempotency-Key")
        if key is None:
            return self.poms.answer(self.command, path, body)
        if key not in self.poms.kept:
            self.poms.kept[key] = self.poms.answer(self.command, path, body)
        return self.poms.kept[key]

    do_GET = do_POST = _serve  # noqa: N815 - http.server's names

    def _send(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        if status in (409, 429) and self.poms.retry_after:
            self.send_header("Retry-After", self.poms.retry_after)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def until(true, seconds=10.0):
    """Wait until ``true()`` is, and return what it says."""
    end = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return said

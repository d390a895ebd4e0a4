"""A SAM that takes its time: each answer 50 ms, however many are asked. A process of its own.

Only what is asked about a chain whose jobs are over; what it counts is always the same. ``GET
/asked`` tells how many requests there were, of how many questions, how many at once at most, and
how long it took over all of them together.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

DELAY = 0.05
INPUTS = 10
TEXT, JSON = "text/plain", "application/json"


class Seen:
    def __init__(self):
        self.now = self.most = 0
        self.taken = 0.0
        self.questions = Counter()

    def begin(self, question):
        self.questions[question] += 1
        self.now += 1
        self.most = max(self.most, self.now)

    def end(self, seconds):
        self.now -= 1
        self.taken += seconds

    def tell(self):
        twice = {question: times for question, times in self.questions.items() if times > 1}
        return {
            "requests": self.questions.total(),
            "twice": twice,
            "most_at_once": self.most,
            "seconds": self.taken,
        }


def count(dims, have):
    """Return how many inputs have children, are missing them, or are there at all."""
    if "minus" in dims:
        return INPUTS - have
    return have if "isparentof" in dims else INPUTS


def answer(target, body, have):
    """Return status, type and body of an answer; ``have`` of the inputs have children."""
    url = urlsplit(target)
    parts = url.path.strip("/").split("/")
    dims = parse_qs(url.query or body).get("dims", [""])[0]
    if parts == ["files", "count"]:
        return 200, TEXT, count(dims, have)
    if parts == ["files", "list"]:
        return 200, JSON, "[]"
    if parts[0] == "projects":
        return 200, JSON, json.dumps({"project_name": unquote(parts[2]), "file_counts": {}})
    if parts[-1] == "snapshot":
        return 200, TEXT, 1
    if parts == ["definitions", "create"]:
        return 200, JSON, "{}"
    return 404, JSON, json.dumps({"error": "DefinitionNotFound", "message": "there is none"})


class Connection(asyncio.Protocol):
    """Answers one request after the other; what it costs itself is little."""

    def __init__(self, seen, have):
        self.seen, self.have = seen, have
        self.got = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.got += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
        if end and len(body) >= (int(length[1]) if length else 0):
            self.got = b""
            self.asked(head[: head.index(b"\r")].decode(), body.decode())

    def asked(self, line, body):
        target = line.split(" ")[1]
        if target == "/asked":
            self.say(200, JSON, json.dumps(self.seen.tell()))
            return
        self.seen.begin(f"{line} {body}")
        began = time.monotonic()
        asyncio.get_running_loop().call_later(DELAY, self.answer, target, body, began)

    def answer(self, target, body, began):
        self.say(*answer(target, body, self.have))
        self.seen.end(time.monotonic() - began)

    def say(self, status, kind, said):
        head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\n"
        self.transport.write(f"{head}Content-Length: {len(str(said))}\r\n\r\n{said}".encode())


async def main(have):
    seen, loop = Seen(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(seen, have), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
